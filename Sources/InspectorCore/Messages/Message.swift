package import Foundation
package import VisitorSessions

/// What happened: input, results of effects, and outside changes.
package enum Message: Sendable {
    case key(Key)
    /// Pasted text, which is never treated as key presses.
    case paste(String)
    case mouse(MouseEvent)
    case resized(Size)
    /// The terminal's reply about its background color, which the screen handles.
    case background(isLight: Bool)
    case time(Date)

    case storeChanged
    case storeFailed(StoreError)
    case loaded(LoadedList)
    /// The sessions that running Node applications use. One of the applications is to get the tokens of `for`.
    case applications([VisitorSession], for: VisitorSession)
    /// The origins of pages that keep tokens. A browser is to open one of them as the session `for`.
    case pages([String], for: VisitorSession)
    case counted(SessionCounts, at: Date)
    case ranked(SessionRank, RankRequest)
    case opened(SessionDetails)
    case journaled(JournalEntry)
    case schedulerReported(SchedulerReport)
    case read(Result<[TokenPreview], UnreadableTokensNotice>, serial: Int)
    /// The sessions that hold a token now (`isNow`), or that once held it.
    case held(by: [VisitorSession], isNow: Bool)
    case finished(Outcome)
    /// What an earlier inspector or a command changed last. `nil`: nothing that could be undone.
    case lastChange(LastChange?)
    /// The next sessions for a job.
    case paged(job: Int, Result<[VisitorSession], StoreError>)
    /// Requests in flight have finished or timed out.
    case requestsFinished
    case copied(Copied)
    case revealed(SessionID, Tokens)
    /// The issuer responds again after an outage.
    case issuerResponded
    /// The issuer's response about one session.
    case answered(Notice, about: VisitorSession)
    /// The client ID is now in the profile.
    case clientIDSaved
    /// An effect failed without changing anything.
    case failed(String)
    /// A session's tokens for the external editor.
    case pairWritten(Secret)
    /// Text from the external editor.
    case edited(Secret)
}

/// What an update asks the outside to do. Results return as a ``Message``.
package enum Effect: Sendable {
    case load(ListRequest)
    case count(at: Date)
    case rank(RankRequest)
    /// Read what the panes show of a session.
    case open(SessionID, withRequests: Bool)
    /// Find tokens in pasted text. `for`: the session whose tokens they would replace.
    case read(Secret, for: SessionID?, serial: Int)
    /// Find the session that holds a token in this text.
    case findHolder(of: Secret)
    case perform(SessionAction, job: Int)
    /// Find the last discard or set in the journal that can still be undone.
    case findLastChange
    /// Read the next sessions for a job.
    case page(PageRequest)
    /// Find the sessions that running Node applications use.
    case findApplications(for: VisitorSession)

    /// Find the origins of pages that keep tokens.
    case findPages(for: VisitorSession)
    /// Open a browser at a page as this session's visitor.
    case openBrowser(VisitorSession, page: String)

    /// Save the client ID in the profile.
    case saveClientID(String)

    /// Copy sessions. With `renewing`, first renew those whose access tokens have expired.
    case copy(CopyFormat, [VisitorSession], renewing: Bool = false)
    /// Send text to the terminal for its clipboard.
    case offer(Secret)
    case reveal(SessionID)
    case requestTokenInfo(VisitorSession)
    /// Send the probe request with this name, or the only one.
    case probe(VisitorSession, named: String?)
    case checkIssuer
    /// Write a session's tokens for the external editor.
    case writePair(of: SessionID)
    /// Open the text in the external editor.
    case edit(Secret)
    /// Switch mouse capture on or off.
    case mouse(Bool)
    case redraw
    /// Use the colors for a light or a dark background. `nil`: for the terminal's own background.
    case theme(isLight: Bool?)
    /// Sound the terminal's bell.
    case bell
    /// Wait for requests in flight, for a limited time: a suspended process would lose their responses.
    case finishRequests
    case suspend
    case quit
}

/// The result of a ``SessionAction``.
package struct Outcome: Sendable {
    package var action: SessionAction
    /// The ID of its ``BulkJob``.
    package var job: Int
    package var result: Result<VisitorSession, SessionError>
    /// The session before its tokens were set.
    package var previous: OpenedSession?

    package init(
        _ action: SessionAction, of job: Int, _ result: Result<VisitorSession, SessionError>,
        previous: OpenedSession? = nil
    ) {
        self.action = action
        self.job = job
        self.result = result
        self.previous = previous
    }
}

/// The last change that can be undone, according to the journal: sessions were discarded, or tokens were set.
package struct LastChange: Sendable {
    package var event: JournalEntry.Event
    package var at: Date

    /// The process that made it, as in the journal.
    package var actor: String
    package var sessions: [VisitorSession]

    package init(_ event: JournalEntry.Event, at: Date, by actor: String, sessions: [VisitorSession]) {
        self.event = event
        self.at = at
        self.actor = actor
        self.sessions = sessions
    }
}

package struct MouseEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case press, wheelUp, wheelDown
    }

    package var kind: Kind
    package var position: Position

    package init(_ kind: Kind, at position: Position) {
        self.kind = kind
        self.position = position
    }
}

/// The contents of a popup with named values, such as an issuer's response.
package struct Notice: Sendable {
    package struct Line: Hashable, Sendable {
        package var name: String
        package var value: String
        package var isFailure: Bool

        package init(_ name: String, _ value: String, isFailure: Bool = false) {
            self.name = name
            self.value = value
            self.isFailure = isFailure
        }
    }

    package var title: String
    package var lines: [Line]

    /// Text below the lines, such as a response's body.
    package var body: [String]
    var filter = PopupFilter()
    var scroll = 0

    package init(title: String, lines: [Line], body: [String] = []) {
        self.title = title
        self.lines = lines
        self.body = body
    }
}

/// A request for the rows around an anchor in the list.
package struct ListRequest: Hashable, Sendable {
    package enum Anchor: Hashable, Sendable {
        case first
        case last
        /// The session's current position, or its last known one.
        case session(SessionID, lastSeen: SessionPosition)
    }

    package var serial: Int
    package var filter: SessionFilter
    package var sort: SessionSort
    package var anchor: Anchor
    /// The number of rows on each side of the anchor.
    package var margin: Int
}

/// The result of a ``ListRequest``.
package struct LoadedList: Sendable {
    package var request: ListRequest
    package var rows: [VisitorSession]
    /// The row where the anchor is, or would be.
    package var anchorRow: Int
    package var isAtStart: Bool
    package var isAtEnd: Bool
    /// How running applications use these sessions.
    package var live: [SessionID: LiveSession]

    /// All substitutions, not only those for the loaded sessions.
    package var substitutions: [Substitution]

    package init(
        answering request: ListRequest, rows: [VisitorSession], anchorRow: Int, isAtStart: Bool, isAtEnd: Bool,
        live: [SessionID: LiveSession] = [:], substitutions: [Substitution] = []
    ) {
        self.request = request
        self.rows = rows
        self.anchorRow = anchorRow
        self.isAtStart = isAtStart
        self.isAtEnd = isAtEnd
        self.live = live
        self.substitutions = substitutions
    }
}

/// A request for the next sessions of a job.
package struct PageRequest: Hashable, Sendable {
    package var job: Int
    package var filter: SessionFilter
    package var sort: SessionSort
    /// The position of the previous page's last session, which may also begin this page. `nil`: this is the first page.
    package var after: SessionPosition?
    package var limit: Int
}

/// A request for the number of sessions that come before a given session in the list.
package struct RankRequest: Hashable, Sendable {
    package var filter: SessionFilter
    package var sort: SessionSort
    package var session: SessionID
    package var position: SessionPosition
}
