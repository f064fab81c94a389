public import Foundation
public import VisitorSessions

/// What an update asks the world to do. Its answer comes back as a ``Message``.
public enum Effect: Sendable {
    case load(ListRequest)
    case count(at: Date)
    case rank(RankRequest)
    case open(SessionID)
    /// Find out what pasted text means, and what it would do to the session, where it is for one.
    case read(Secret, for: SessionID?, serial: Int)
    /// Find the session that holds a token of this text.
    case findHolder(of: Secret)
    case perform(Operation, work: Int)

    /// Put it into the clipboard.
    case copy(CopyForm, [VisitorSession])
    /// Send it to the terminal for its clipboard.
    case offer(Secret)
    case reveal(SessionID)
    case askAbout(VisitorSession)
    case probe(VisitorSession)
    /// Find out whether the issuer answers again.
    case checkIssuer
    /// Have text edited in the person's own editor.
    case edit(Secret)
    /// Take the mouse, or give it back.
    case mouse(Bool)
    case redraw
    /// Wait for the requests that are under way, for a while: their answers must not come to a process that is stopped.
    case finishRequests
    case suspend
    case quit
}
