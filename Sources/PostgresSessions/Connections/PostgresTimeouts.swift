/// How long a server is waited for.
public struct PostgresTimeouts: Sendable {
    /// For a connection.
    public var connect: Duration = .seconds(5)

    /// For what another transaction holds.
    public var lock: Duration = .seconds(5)

    /// For one statement.
    public var statement: Duration = .seconds(15)

    public init() {}
}
