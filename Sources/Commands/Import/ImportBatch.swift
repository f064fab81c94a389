import VisitorSessions
import WixHeadless

/// Items to store in one durable write: many enough to be cheap, few enough for memory.
///
/// In a larger store, a write touches more index pages, and a larger batch spreads that cost over more items. So batches
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

/// The items of a large import: the store receives the new ones as a whole.
actor ImportStage {
    /// So many items that aren't certainly new are kept.
    private static let restLimit = 16_000

    private let importer: Importer
    private let bulk: any BulkImport

    /// In batches, because a single array would be copied as it grows.
    private var added: [StagedSessions] = []
    private var rest: [ImportItem] = []

    init(_ importer: Importer, _ bulk: any BulkImport) {
        self.importer = importer
        self.bulk = bulk
    }

    /// Whether the others have to be stored before more is added.
    var isFull: Bool { rest.count >= Self.restLimit }

    func put(_ items: [ImportItem]) async -> Importer.Put {
        var put = Importer.Put()
        do {
            // An item without a client ID may still match a stored session.
            let owned = items.filter { importer.clientID(of: $0) != nil }
            let new = try owned.map { try importer.new($0) }
            let areAdded = try await bulk.add(new)
            var staged = StagedSessions()
            for (index, item) in owned.enumerated() {
                if areAdded[index] {
                    staged.append(new[index].session.id, item.place, importer.remark(on: item))
                } else {
                    rest.append(item)
                }
            }
            rest += items.filter { importer.clientID(of: $0) == nil }
            added.append(staged)
            put.staged = staged.count
        } catch {
            put.failure = error
        }
        return put
    }

    /// Stores what was added. Returns that, those of it that the store didn't take, and the items that are still to be
    /// stored.
    func finish(
        report: @escaping @Sendable (String) -> Void
    ) async throws -> (added: [StagedSessions], taken: Set<SessionID>, rest: [ImportItem]) {
        let taken = try await bulk.finish(report: report)
        return (added, taken, rest)
    }
}

/// What is reported of added sessions once they are stored, in little memory: there may be millions.
struct StagedSessions: Sendable {
    private var ids: [SessionID] = []
    private var places: [String] = []

    /// Most have none.
    private var remarks: [Int: String] = [:]

    var count: Int { ids.count }

    mutating func append(_ id: SessionID, _ place: String, _ remark: String?) {
        if let remark { remarks[count] = remark }
        ids.append(id)
        places.append(place)
    }

    /// - Parameter taken: Sessions that the store didn't take.
    func done(except taken: Set<SessionID>) -> [Importer.Done] {
        ids.indices.map { index in
            let isTaken = taken.contains(ids[index])
            return Importer.Done(
                outcome: isTaken ? .unchanged : .added, id: ids[index], place: places[index],
                remark: isTaken ? "another program stored it in the meantime" : remarks[index])
        }
    }
}
