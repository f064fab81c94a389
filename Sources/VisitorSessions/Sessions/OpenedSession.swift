/// A session and its tokens, read in one go.
public struct OpenedSession: Sendable {
    public var session: VisitorSession
    public var tokens: Tokens

    public init(_ session: VisitorSession, tokens: Tokens) {
        self.session = session
        self.tokens = tokens
    }
}
