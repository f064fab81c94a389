package import InspectorCore
package import VisitorSessions

/// What the inspector needs, from the command that opens it.
package struct InspectorServices: Sendable {
    package var manager: SessionManager

    /// The manager's store.
    package var store: any SessionBrowser & StoreMaintenance

    /// The client ID of new sessions, if known.
    package var clientID: String?

    /// The issuer of new sessions, if one was named.
    package var namedIssuer: NamedIssuer?

    /// Finds tokens in pasted text, and what they would do to a session with these tokens.
    package var read: @Sendable (Secret, Tokens?) -> Result<[TokenPreview], UnreadableTokensNotice>

    /// Describes a token without showing it.
    package var describe: @Sendable (Secret) -> TokenDescription

    /// Writes a session in a form of the copy menu, for these places. `nil`: it has no such token.
    package var write: @Sendable (OpenedSession, CopyForm, [TokenPlace]) -> Secret?

    /// Writes a session's tokens as JSON to edit, with those that they replaced in comments.
    package var writePair: @Sendable (OpenedSession, Tokens?) -> Secret

    /// Asks the session's issuer about its access token. `nil`: it can't be asked.
    package var tokenInfo: (@Sendable (Secret, VisitorSession) async -> Notice)?

    /// Sends the probe request of this name, or the usual one, with a session's access token. `nil`: no probe request is
    /// known.
    package var probe: (@Sendable (Secret, VisitorSession, String?) async -> Notice)?

    /// Whether the issuer answers at all. `nil`: it can't be checked.
    package var issuerAnswers: (@Sendable () async -> Bool)?

    /// Opens a browser at a page as a session, and waits until it has ended. Returns why it failed. `nil`: it can't be
    /// opened.
    package var browse: (@Sendable (SessionID, String) async -> String?)?

    /// Saves the client ID in the profile. Returns why it failed. `nil`: it can't be saved.
    package var saveClientID: (@Sendable (String) -> String?)?

    /// Saves the arrangement for the next start.
    package var remember: @Sendable (RememberedView) -> Void

    package init(
        manager: SessionManager, store: any SessionBrowser & StoreMaintenance, clientID: String?,
        namedIssuer: NamedIssuer? = nil,
        read: @escaping @Sendable (Secret, Tokens?) -> Result<[TokenPreview], UnreadableTokensNotice>,
        describe: @escaping @Sendable (Secret) -> TokenDescription,
        write: @escaping @Sendable (OpenedSession, CopyForm, [TokenPlace]) -> Secret?,
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
