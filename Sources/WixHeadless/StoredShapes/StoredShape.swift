import struct Foundation.Date

/// One JSON shape in which applications keep tokens. A new one is added to ``StoredShapes``.
protocol StoredShape: Sendable {
    /// Reads `json`, a JSON object. Returns `nil` where it is in another shape, and throws where it is in this
    /// one and something is wrong with it.
    ///
    /// - Parameter now: The local clock: dates what has only a lifetime.
    static func read(_ json: JSONValue, now: Date) throws(UnreadableTokens) -> ReadTokens?
}
