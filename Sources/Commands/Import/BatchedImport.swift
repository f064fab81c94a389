import VisitorSessions
import WixHeadless

/// Stores the items of one source in batches. While one batch is stored, the next one is read.
///
/// In a large import, new items are staged and stored all together (``BulkImport``). The other items follow after that.
final class BatchedImport {
    enum Step {
        /// This many more items are staged, to be stored together at the end.
        case staged(Int)
        /// The step of building the store, such as "Building index 3 of 12".
        case building(String)
        /// Items that were staged have been stored.
        case stored([Importer.Done])
        case done([Importer.Done])
    }

    private let importer: Importer
    private let expectedCount: (ImportBatch) -> Int
    private let report: (Step) throws -> Void
    private var batch = ImportBatch()
    private var isFirst = true
    private var storing: Task<Importer.BatchResult, Never>?
    private var stage: ImportStage?

    /// - Parameters:
    ///   - expectedCount: Estimates the number of items from the first batch.
    ///   - report: Called in order with what was done.
    init(
        _ importer: Importer, expecting expectedCount: @escaping (ImportBatch) -> Int,
        report: @escaping (Step) throws -> Void
    ) {
        self.importer = importer
        self.expectedCount = expectedCount
        self.report = report
    }

    func add(_ item: ImportItem) async throws {
        batch.add(item)
        guard batch.isFull else { return }
        if isFirst, !importer.isDryRun {
            let bulk = try await importer.context.store.bulkImport(of: expectedCount(batch))
            stage = bulk.map { ImportStage(importer, $0) }
            batch.grows = stage == nil
        }
        isFirst = false
        try await store()
        if await stage?.isFull == true { try await finishStage() }
    }

    func finish() async throws {
        try await store()
        try await finishStage()
    }

    /// Starts to store the batch, and waits for the one before it.
    private func store() async throws {
        let (items, before) = (batch.take(), storing)
        let next = Task { [importer, stage] in
            if let stage { await stage.put(items) } else { await importer.put(items) }
        }
        storing = next
        do {
            try await report(before)
        } catch {
            // This batch is already being stored; report it too.
            try say(await next.value)
            throw error
        }
    }

    private func report(_ task: Task<Importer.BatchResult, Never>?) async throws {
        guard let put = await task?.value else { return }
        try say(put)
        if let failure = put.failure { throw failure }
    }

    private func say(_ put: Importer.BatchResult) throws {
        if put.staged > 0 { try report(.staged(put.staged)) }
        try report(.done(put.done))
    }

    /// Waits for the last batch, then stores the staged items and the ones held back.
    private func finishStage() async throws {
        try await report(storing)
        storing = nil
        guard let staged = stage else { return }
        stage = nil
        batch.grows = true
        let (steps, continuation) = AsyncStream.makeStream(of: String.self)
        let finishing = Task {
            defer { continuation.finish() }
            return try await staged.finish { continuation.yield($0) }
        }
        for await step in steps { try report(.building(step)) }
        let (added, alreadyStored, rest) = try await finishing.value
        for staged in added { try report(.stored(staged.done(except: alreadyStored))) }
        for start in stride(from: 0, to: rest.count, by: 4000) {
            let put = await importer.put(Array(rest[start..<min(start + 4000, rest.count)]))
            try say(put)
            if let failure = put.failure { throw failure }
        }
    }
}

/// Items to store in one durable write: enough to make the write worthwhile, few enough to fit in memory.
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

    /// Whether batches grow. Staged batches don't need to, because small ones are staged just as fast.
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
