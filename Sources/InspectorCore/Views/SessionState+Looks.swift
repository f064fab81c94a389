import VisitorSessions

extension SessionState {
    /// A sign of its own for each state, for those who do not see the colours.
    var glyph: String {
        switch self {
        case .valid: "●"
        case .expiring: "◐"
        case .expired: "○"
        case .renewing: "↻"
        case .unresolved: "?"
        case .refused: "✖"
        case .discarded: "⊘"
        case .damaged: "!"
        }
    }

    var role: Style.Role {
        switch self {
        case .valid: .valid
        case .expiring: .expiring
        case .expired: .expired
        case .renewing: .renewing
        case .unresolved: .unresolved
        case .refused: .refused
        case .discarded: .discarded
        case .damaged: .damaged
        }
    }

    /// What it means for the session.
    var meaning: String {
        switch self {
        case .valid: "the access token works"
        case .expiring: "the access token ends soon"
        case .expired: "the access token is over; it can be renewed"
        case .renewing: "a renewal is under way"
        case .unresolved: "sent, and no answer: renew to find out"
        case .refused: "the refresh token is over: a new visitor is needed"
        case .discarded: "put away; /state:discarded lists them"
        case .damaged: "its row cannot be read"
        }
    }
}
