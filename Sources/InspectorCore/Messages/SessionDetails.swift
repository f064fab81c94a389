package import VisitorSessions

package import struct Foundation.Date

/// What the details pane shows of a session.
package struct SessionDetails: Sendable {
    package var session: VisitorSession
    package var access: TokenDescription?
    package var refresh: TokenDescription?
    /// Newest first.
    package var history: [JournalEntry]
    /// How a running application uses it. `nil`: no request was recorded.
    package var live: LiveSession?
    /// Newest first. `nil`: they weren't read.
    package var requests: [LiveRequest]?
    /// Why the tokens can't be described.
    package var problem: String?

    package init(
        session: VisitorSession, access: TokenDescription? = nil, refresh: TokenDescription? = nil,
        history: [JournalEntry] = [], problem: String? = nil
    ) {
        self.session = session
        self.access = access
        self.refresh = refresh
        self.history = history
        self.problem = problem
    }
}

/// A token's properties, without the token.
package struct TokenDescription: Sendable {
    package struct Claim: Hashable, Sendable {
        package enum Value: Hashable, Sendable {
            case text(String)
            case time(Date)
        }

        /// The names of the enclosing objects, outermost first, followed by the value's own name.
        package var path: [String]
        package var value: Value

        /// Whether the value is a number, a Boolean, null or a list, rather than text or a time.
        package var isLiteral: Bool

        package var name: String { path.joined(separator: ".") }

        package init(path: [String], value: Value, isLiteral: Bool = false) {
            self.path = path
            self.value = value
            self.isLiteral = isLiteral
        }
    }

    package var format: String
    /// In characters.
    package var length: Int
    package var claims: [Claim]

    package init(format: String, length: Int, claims: [Claim]) {
        self.format = format
        self.length = length
        self.claims = claims
    }
}

/// Tokens found in pasted text, before they are set.
package struct TokenPreview: Sendable {
    package var tokens: Tokens
    /// A description of the text's shape, such as “SDK tokens”.
    package var shape: String
    /// The shape, and where it was found, to tell several previews apart.
    package var summary: String
    package var clientID: String?
    /// The unit that `expiresAt` was read in, such as “seconds”.
    package var expiryUnit: String?

    /// The sessions in use that hold the same refresh token, or the same access token if there is no refresh token.
    package var holders: [VisitorSession] = []
    /// A discarded session that holds the token, if none in use does.
    package var discardedHolder: VisitorSession?
    /// Sentences about what was omitted, corrected or kept.
    package var notes: [String] = []
    /// A sentence about what the session would lose. If there is one, setting the tokens needs confirmation.
    package var warning: String?
    /// Which of the session's tokens would change. `nil`: the session is new.
    package var changes: [String]?
    /// Whether the session already has these tokens, and nothing new is known about their expiry.
    package var isUnchanged = false
    /// The session's stored tokens, if ``tokens`` keeps one of them. Setting succeeds only while it has these.
    package var replacing: Tokens?

    package init(tokens: Tokens, shape: String, clientID: String? = nil, expiryUnit: String? = nil) {
        self.tokens = tokens
        self.shape = shape
        summary = shape
        self.clientID = clientID
        self.expiryUnit = expiryUnit
    }
}

/// Why a text contains no tokens, in one safe sentence.
package struct UnreadableTokensNotice: Error, Sendable {
    package var sentence: String

    /// Previews of the text as an access token and as a refresh token, if it could be one.
    package var anyway: [TokenPreview]

    package init(_ sentence: String, anyway: [TokenPreview] = []) {
        self.sentence = sentence
        self.anyway = anyway
    }
}
