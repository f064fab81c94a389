/// Many new sessions that a store receives as a whole: until ``finish(report:)`` the store is unchanged.
///
/// Abandoning it needs no call, and neither does a crash.
public protocol BulkImport: Sendable {
    /// Adds those sessions whose ID and tokens are certainly new. Returns for each whether it was added; pass the others
    /// to ``StoreMaintenance/insert(new:)`` after ``finish(report:)``.
    ///
    /// Throws ``StoreError/Kind-swift.enum/invalidLabel`` if a label has control characters.
    func add(_ sessions: [NewSession]) async throws(StoreError) -> [Bool]

    /// Stores all that was added, durable on return. Call it once.
    ///
    /// Returns the sessions that aren't stored because another process has stored their ID or token meanwhile.
    ///
    /// - Parameter report: Called with each step, such as "Building index 3 of 12".
    func finish(report: @escaping @Sendable (String) -> Void) async throws(StoreError) -> Set<SessionID>
}

extension StoreMaintenance {
    /// No other way is faster than ``insert(new:)``.
    public func bulkImport(of count: Int) async throws(StoreError) -> (any BulkImport)? { nil }
}
