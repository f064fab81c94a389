import Foundation
package import VisitorSessions

/// The copy menu, or its second page: the claims of one session.
package struct CopyMenu: Sendable {
    package enum Choice: Hashable, Sendable {
        case form(CopyFormat)
        /// Renews the sessions whose access tokens have expired, then copies.
        case renewed(CopyFormat)
        /// Opens the second page.
        case claims
    }

    package let sessions: [VisitorSession]
    package let choices: [Choice]
    package var choice = 0

    /// - Parameter renewed: The format to offer with a renewal first. `nil`: no access token has expired.
    init(_ sessions: [VisitorSession], renewed: CopyFormat? = nil) {
        self.sessions = sessions
        let forms = CopyFormat.all.map { Choice.form($0) } + (sessions.count == 1 ? [.claims] : [])
        choices = renewed.map { [.renewed($0)] + forms } ?? forms
    }

    init(claimsOf content: SessionDetails) {
        sessions = [content.session]
        choices = [("access", content.access), ("refresh", content.refresh)].flatMap { name, token in
            (token?.claims ?? []).map { claim in
                let value =
                    switch claim.value {
                    case .text(let text): text
                    case .time(let date): date.formatted(.iso8601)
                    }
                return .form(.claim(name: "\(name) \(claim.name)", value: value))
            }
        }
    }

    func choice(for key: Key) -> Int? {
        choices.firstIndex { choice in
            switch choice {
            case .form(let form): form.key.map { Key.character($0) } == key
            case .renewed: key == .character("n")
            case .claims: key == .character("m")
            }
        }
    }
}
