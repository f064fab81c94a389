public import InspectorCore
public import VisitorSessions

/// What the inspector works with, put together by the command that opens it.
public struct InspectorServices: Sendable {
    public var manager: SessionManager

    /// The client of the sessions that a key generates. `nil`: none is known, and the key says so.
    public var clientID: String?

    /// Finds tokens in pasted text.
    public var read: @Sendable (Secret) -> Result<TokenPreview, UnreadableTokensNotice>

    /// Says what a token says.
    public var describe: @Sendable (Secret) -> TokenDescription

    public init(
        manager: SessionManager, clientID: String?,
        read: @escaping @Sendable (Secret) -> Result<TokenPreview, UnreadableTokensNotice>,
        describe: @escaping @Sendable (Secret) -> TokenDescription
    ) {
        self.manager = manager
        self.clientID = clientID
        self.read = read
        self.describe = describe
    }
}
