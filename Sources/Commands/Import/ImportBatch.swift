import VisitorSessions
import WixHeadless

/// Items on their way into the store: so many that one durable write for all costs little, and so few that memory does not
/// notice them.
struct ImportBatch {
    private static let count = 8_000
    private static let bytes = 16 << 20

    private(set) var items: [ImportItem] = []
    private var bytes = 0

    var isFull: Bool { items.count >= Self.count || bytes >= Self.bytes }

    mutating func add(_ item: ImportItem) {
        items.append(item)
        let tokens = item.read.tokens
        for token in [tokens.accessToken?.value, tokens.refreshToken?.value] {
            bytes += token?.reveal().utf8.count ?? 0
        }
    }

    /// Hands its items over, and is empty.
    mutating func take() -> [ImportItem] {
        defer { self = ImportBatch() }
        return items
    }
}
