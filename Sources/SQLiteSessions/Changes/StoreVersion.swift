/// What tells one state of a store from another, without looking into it.
struct StoreVersion: Hashable, Sendable {
    /// The file at the store's path. `nil`: there is none.
    var file: FileIdentity?

    /// Another number whenever another connection has committed.
    var data: Int64
}
