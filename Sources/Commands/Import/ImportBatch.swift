import VisitorSessions
import WixHeadless

/// Items on their way into the store: so many that one durable write for all costs little, and so few that memory has room
/// for them.
///
/// The more are stored, the more pages do the indexes have, and the more must be written at once for a page to be written once
/// for several of them. So the first batches are small.
struct ImportBatch {
    private static let counts = (least: 4_000, most: 32_000)
    private static let bytes = 64 << 20

    private(set) var items: [ImportItem] = []
    private var bytes = 0
    private var taken = 0

    var isFull: Bool {
        items.count >= min(max(taken / 8, Self.counts.least), Self.counts.most) || bytes >= Self.bytes
    }

    mutating func add(_ item: ImportItem) {
        items.append(item)
        let tokens = item.read.tokens
        for token in [tokens.accessToken?.value, tokens.refreshToken?.value] {
            bytes += token?.reveal().utf8.count ?? 0
        }
    }

    /// Hands its items over, and is empty.
    mutating func take() -> [ImportItem] {
        taken += items.count
        bytes = 0
        defer { items = [] }
        return items
    }
}
