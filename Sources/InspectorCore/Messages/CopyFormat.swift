package import VisitorSessions

/// What can be copied from a session.
package enum CopyFormat: Hashable, Sendable {
    case accessToken, refreshToken, header, sdk, cookie, curl
    /// Statements for a browser's console that store the tokens where the session's page keeps them.
    case cookieScript, storageScript
    /// A claim of one of the session's tokens. Claims aren't secret.
    case claim(name: String, value: String)

    static let all: [CopyFormat] = [
        .accessToken, .refreshToken, .header, .sdk, .cookie, .curl, .cookieScript, .storageScript,
    ]

    /// The kind of place in which the statement stores the tokens. `nil`: the format doesn't depend on a place.
    package var placeKind: TokenPlace.Kind? {
        switch self {
        case .cookieScript: .cookie
        case .storageScript: .local
        case .accessToken, .refreshToken, .header, .sdk, .cookie, .curl, .claim: nil
        }
    }

    /// The key in the copy menu.
    var key: Character? {
        switch self {
        case .accessToken: "a"
        case .refreshToken: "r"
        case .header: "h"
        case .sdk: "s"
        case .cookie: "c"
        case .curl: "u"
        case .cookieScript: "d"
        case .storageScript: "l"
        case .claim: nil
        }
    }
}

/// The result of a copy.
package struct Copied: Sendable {
    package enum Delivery: Sendable {
        /// In tmux's buffer, and in the terminal's clipboard if tmux may set it.
        case tmux
        /// Text to send to the terminal, which doesn't report whether it accepts the text.
        case terminal(Secret)
        case failed(String)
    }

    package var form: CopyFormat
    package var sessions: [VisitorSession]
    package var characters: Int
    package var delivery: Delivery

    package init(form: CopyFormat, sessions: [VisitorSession], characters: Int, delivery: Delivery) {
        self.form = form
        self.sessions = sessions
        self.characters = characters
        self.delivery = delivery
    }
}
