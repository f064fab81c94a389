public import InspectorCore
public import VisitorSessions

/// What the inspector works with, put together by the command that opens it.
public struct InspectorServices: Sendable {
    public var manager: SessionManager

    /// The manager's store.
    public var store: any SessionBrowser & StoreMaintenance

    /// The client of the sessions that a key generates. `nil`: none is known, and the key says so.
    public var clientID: String?

    /// Finds tokens in pasted text, and what becomes of a session's tokens, where they are for one that has these.
    public var read: @Sendable (Secret, Tokens?) -> Result<TokenPreview, UnreadableTokensNotice>

    /// Says what a token says.
    public var describe: @Sendable (Secret) -> TokenDescription

    /// Writes an opened session in a form that is copied. `nil`: it has no such token.
    public var write: @Sendable (OpenedSession, CopyForm) -> Secret?

    /// What the issuer knows of an access token. `nil`: it cannot be asked.
    public var tokenInfo: (@Sendable (Secret) async -> Notice)?

    /// Sends the probe request with an access token. `nil`: there is none to send.
    public var probe: (@Sendable (Secret) async -> Notice)?

    /// Whether the issuer answers at all. `nil`: that cannot be found out without asking for something.
    public var issuerAnswers: (@Sendable () async -> Bool)?

    /// Keeps how the inspector was arranged for the next time.
    public var remember: @Sendable (RememberedView) -> Void

    public init(
        manager: SessionManager, store: any SessionBrowser & StoreMaintenance, clientID: String?,
        read: @escaping @Sendable (Secret, Tokens?) -> Result<TokenPreview, UnreadableTokensNotice>,
        describe: @escaping @Sendable (Secret) -> TokenDescription,
        write: @escaping @Sendable (OpenedSession, CopyForm) -> Secret?,
        tokenInfo: (@Sendable (Secret) async -> Notice)? = nil, probe: (@Sendable (Secret) async -> Notice)? = nil,
        issuerAnswers: (@Sendable () async -> Bool)? = nil,
        remember: @escaping @Sendable (RememberedView) -> Void = { _ in }
    ) {
        self.manager = manager
        self.store = store
        self.clientID = clientID
        self.read = read
        self.describe = describe
        self.write = write
        self.tokenInfo = tokenInfo
        self.probe = probe
        self.issuerAnswers = issuerAnswers
        self.remember = remember
    }
}
