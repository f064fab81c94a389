import Foundation
public import VisitorSessions

/// What of a session can be copied.
public enum CopyForm: Hashable, Sendable {
    case accessToken, refreshToken, header, sdk, cookie, curl
    /// One claim of its tokens, which is no secret.
    case claim(name: String, value: String)

    static let all: [CopyForm] = [.accessToken, .refreshToken, .header, .sdk, .cookie, .curl]

    /// As the menu and the toast have it.
    public var name: String {
        switch self {
        case .accessToken: "access token"
        case .refreshToken: "refresh token"
        case .header: "Authorization header"
        case .sdk: "SDK tokens (JSON)"
        case .cookie: "cookie (wix-session)"
        case .curl: "curl command"
        case .claim(let name, _): name
        }
    }

    /// The key that chooses it.
    var key: Character? {
        switch self {
        case .accessToken: "a"
        case .refreshToken: "r"
        case .header: "h"
        case .sdk: "s"
        case .cookie: "c"
        case .curl: "u"
        case .claim: nil
        }
    }
}

/// The menu of what can be copied, and its second page, the claims of one session.
public struct CopyMenu: Sendable {
    public enum Choice: Hashable, Sendable {
        case form(CopyForm)
        /// Opens the claims.
        case claims
    }

    public var sessions: [VisitorSession]
    public var choices: [Choice]
    public var choice = 0

    init(_ sessions: [VisitorSession]) {
        self.sessions = sessions
        choices = CopyForm.all.map { .form($0) } + (sessions.count == 1 ? [.claims] : [])
    }

    init(claimsOf content: SessionDetails) {
        sessions = [content.session]
        choices = [("access", content.access), ("refresh", content.refresh)].flatMap { name, token in
            (token?.claims ?? []).map { .form(.claim(name: "\(name) \($0.name)", value: $0.value.copied)) }
        }
    }
}

extension TokenDescription.Claim.Value {
    fileprivate var copied: String {
        switch self {
        case .text(let text): text
        case .time(let date): date.formatted(.iso8601)
        }
    }
}

/// What became of a copy.
public struct Copied: Sendable {
    public enum Way: Sendable {
        /// In tmux's buffer, and from there in the terminal's clipboard where tmux may.
        case tmux
        /// To be sent to the terminal, which says nothing of what it did with it.
        case terminal(Secret)
        case failed(String)
    }

    public var form: CopyForm
    public var sessions: [VisitorSession]
    public var characters: Int
    public var way: Way

    public init(form: CopyForm, sessions: [VisitorSession], characters: Int, way: Way) {
        self.form = form
        self.sessions = sessions
        self.characters = characters
        self.way = way
    }
}
