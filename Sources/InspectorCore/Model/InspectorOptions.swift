package import Foundation
package import VisitorSessions

/// Settings that don't change while the inspector is open.
package struct InspectorOptions: Sendable {
    /// The profile's name. Empty: there is no profile.
    package var profile: String
    /// The names of the store and the issuer, as shown on the screen.
    package var store: String
    package var issuer: String
    /// The name of the issuer in use, as recorded in sessions.
    package var issuerName: String
    package var isReadOnly: Bool
    /// Whether a client ID for new sessions is known.
    package var hasClientID: Bool
    /// The profile that a typed client ID can be saved in. `nil`: it can't be saved.
    package var clientIDProfile: String?
    package var namedIssuer: NamedIssuer?
    package var policy: SessionPolicy
    package var keymap: Keymap
    /// Configuration problems, shown at the start.
    package var warnings: [String]
    package var timeZone: TimeZone

    /// The states that sound the terminal's bell when a session reaches one.
    package var bell: Set<SessionState>

    /// The names of the probe requests to choose from. Empty: there is at most one, without a name.
    package var probes: [String] = []

    /// Whether this inspector renews the sessions of an issuer.
    package var serves: @Sendable (String) -> Bool = { _ in false }

    /// The states that can sound the bell.
    package static let bellStates: [SessionState] = [.expiring, .expired, .unresolved, .refused]

    package init(
        profile: String = "", store: String, issuer: String = "", issuerName: String = "", isReadOnly: Bool = false,
        hasClientID: Bool = true, clientIDProfile: String? = nil,
        namedIssuer: NamedIssuer? = nil, policy: SessionPolicy = SessionPolicy(), keymap: Keymap,
        warnings: [String] = [], timeZone: TimeZone = .current,
        bell: Set<SessionState> = []
    ) {
        self.profile = profile
        self.store = store
        self.issuer = issuer
        self.issuerName = issuerName
        self.isReadOnly = isReadOnly
        self.hasClientID = hasClientID
        self.clientIDProfile = clientIDProfile
        self.namedIssuer = namedIssuer
        self.policy = policy
        self.keymap = keymap
        self.warnings = warnings
        self.timeZone = timeZone
        self.bell = bell
    }
}

/// How times are shown. The raw value is the mode's name on the screen and in the remembered view.
package enum TimeMode: String, Sendable, CaseIterable {
    case relative
    case local = "local time"
    case utc = "UTC"
}

/// The state of the view, restored at the next start.
package struct RememberedView: Codable, Hashable, Sendable {
    package var sort: String
    package var isDescending: Bool
    package var filter: String
    package var pane: String?
    package var times: String
    package var takesMouse: Bool
    /// The names of hidden columns. Earlier versions had none.
    package var hiddenColumns: [String]?
}
