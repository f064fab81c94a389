import VisitorSessions
import WixHeadless

/// Items to store in one durable write: many enough to be cheap, few enough for memory.
///
/// The larger the store, the more index pages a write touches, and the larger the batch that shares them. So batches
/// start small and grow.
struct ImportBatch {
    private static let counts = (least: 2_000, most: 32_000)
    private static let bytes = 64 << 20

    private(set) var items: [ImportItem] = []

    /// The size of their tokens.
    private(set) var bytes = 0
    private var taken = 0

    /// Whether batches grow. Not if they are only staged, where small ones are as fast.
    var grows = true

    var isFull: Bool {
        let count = grows ? min(max(taken / 8, Self.counts.least), Self.counts.most) : Self.counts.least
        return items.count >= count || bytes >= Self.bytes
    }

    mutating func add(_ item: ImportItem) {
        items.append(item)
        let tokens = item.read.tokens
        for token in [tokens.accessToken?.value, tokens.refreshToken?.value] {
            bytes += token?.reveal().utf8.count ?? 0
        }
    }

    /// Returns the items and empties the batch.
    mutating func take() -> [ImportItem] {
        taken += items.count
        bytes = 0
        defer { items = [] }
        return items
    }
}
