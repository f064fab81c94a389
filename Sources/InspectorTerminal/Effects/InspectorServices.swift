package import InspectorCore
package import VisitorSessions

/// What the command that opens the inspector provides to it.
package struct InspectorServices: Sendable {
    package var manager: SessionManager

    /// The manager's store.
    package var store: any SessionBrowser & StoreMaintenance

    /// The client ID of new sessions, if known.
    package var clientID: String?

    /// The issuer of new sessions, if one was named.
    package var namedIssuer: NamedIssuer?

    /// Finds tokens in pasted text, and describes what they would change in a session with the given tokens.
    package var read: @Sendable (Secret, Tokens?) -> Result<[TokenPreview], UnreadableTokensNotice>

    /// Describes a token without showing it.
    package var describe: @Sendable (Secret) -> TokenDescription

    /// Writes a session in a format of the copy menu, for the given places. Returns `nil` if it has no such token.
    package var write: @Sendable (OpenedSession, CopyFormat, [TokenPlace]) -> Secret?

    /// Writes a session's tokens as JSON for an editor. The previous tokens, if given, become comments.
    package var writePair: @Sendable (OpenedSession, Tokens?) -> Secret

    /// Asks the session's issuer about the session's access token. `nil`: issuers can't be asked.
    package var tokenInfo: (@Sendable (Secret, VisitorSession) async -> Notice)?

    /// Sends the probe request with the given name, or the default one, with a session's access token. `nil`: no probe
    /// request can be sent.
    package var probe: (@Sendable (Secret, VisitorSession, String?) async -> Notice)?

    /// Whether the issuer answers at all. `nil`: it can't be checked.
    package var issuerAnswers: (@Sendable () async -> Bool)?

    /// Opens a browser at a page as a session's visitor, waits until it exits, and returns why it failed, if it did.
    /// `nil`: browsers can't be opened.
    package var browse: (@Sendable (SessionID, String) async -> String?)?

    /// Saves the client ID in the profile, and returns why that failed, if it did. `nil`: client IDs can't be saved.
    package var saveClientID: (@Sendable (String) -> String?)?

    /// Saves the view for the next start.
    package var remember: @Sendable (RememberedView) -> Void

    package init(
        manager: SessionManager, store: any SessionBrowser & StoreMaintenance, clientID: String?,
        namedIssuer: NamedIssuer? = nil,
        read: @escaping @Sendable (Secret, Tokens?) -> Result<[TokenPreview], UnreadableTokensNotice>,
        describe: @escaping @Sendable (Secret) -> TokenDescription,
        write: @escaping @Sendable (OpenedSession, CopyFormat, [TokenPlace]) -> Secret?,
        writePair: @escaping @Sendable (OpenedSession, Tokens?) -> Secret,
        tokenInfo: (@Sendable (Secret, VisitorSession) async -> Notice)? = nil,
        probe: (@Sendable (Secret, VisitorSession, String?) async -> Notice)? = nil,
        issuerAnswers: (@Sendable () async -> Bool)? = nil,
        browse: (@Sendable (SessionID, String) async -> String?)? = nil,
        saveClientID: (@Sendable (String) -> String?)? = nil,
        remember: @escaping @Sendable (RememberedView) -> Void = { _ in }
    ) {
        self.manager = manager
        self.store = store
        self.clientID = clientID
        self.namedIssuer = namedIssuer
        self.read = read
        self.describe = describe
        self.write = write
        self.writePair = writePair
        self.tokenInfo = tokenInfo
        self.probe = probe
        self.issuerAnswers = issuerAnswers
        self.browse = browse
        self.saveClientID = saveClientID
        self.remember = remember
    }
}
