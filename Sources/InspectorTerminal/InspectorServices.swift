public import InspectorCore
public import VisitorSessions

/// What the inspector works with, put together by the command that opens it.
public struct InspectorServices: Sendable {
    public var manager: SessionManager

    /// Of the session that a key generates. `nil`: there is none, and `missingClientID` says what to do.
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
