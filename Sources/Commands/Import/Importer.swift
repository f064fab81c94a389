import Foundation
import Synchronization
import VisitorSessions
import WixHeadless

/// Stores imported tokens, each refresh token once.
final class Importer: Sendable {
    enum Outcome: String {
        case added, updated, unchanged

        /// Not stored: no client ID is known.
        case missingClientID = "without a client ID"

        /// A dry run's word for the outcome after a count.
        var planned: String {
            switch self {
            case .added: "to add"
            case .updated: "to update"
            case .unchanged, .missingClientID: rawValue
            }
        }

        /// A dry run's words for the outcome of one item.
        var conditional: String {
            switch self {
            case .added: "would add a session"
            case .updated: "would update"
            case .unchanged: "unchanged"
            case .missingClientID: "would skip"
            }
        }
    }

    /// What was done with an item. In a dry run, what would be done; a new session then has no ID.
    struct Done {
        var outcome: Outcome
        var id: SessionID?
        var place: String
        var remark: String?

        /// Whether the session is discarded but can be restored.
        var isDiscarded = false
    }

    /// The results for all items, or for those before a failure.
    struct BatchResult {
        var done: [Done] = []

        /// How many items were staged, to be stored together later.
        var staged = 0
        var failure: (any Error)?
    }

    let context: CommandContext
    let isDryRun: Bool

    /// Hashes of the tokens that a dry run would add.
    private let planned = Mutex<Set<Int>>([])

    init(context: CommandContext, isDryRun: Bool) {
        self.context = context
        self.isDryRun = isDryRun
    }

    /// Stores new items together and merges the others one by one. After a failure, returns what was stored before it.
    func put(_ items: [ImportItem]) async -> BatchResult {
        var put = BatchResult()
        // An item without a client ID may still match a stored session.
        let areNew = items.map { !isDryRun && clientID(of: $0) != nil }
        var insertions: ArraySlice<(SessionID, Insertion)> = []
        do {
            let new = try zip(items, areNew).filter(\.1).map { try self.new($0.0) }
            while insertions.count < new.count {
                let rest = Array(new[insertions.count...])
                let said = try await context.store.insert(new: rest)
                insertions += zip(rest.map(\.session.id), said)
            }
        } catch {
            put.failure = error
        }
        for (item, isNew) in zip(items, areNew) {
            if isNew, let (id, insertion) = insertions.popFirst(), insertion == .stored {
                put.done.append(Done(outcome: .added, id: id, place: item.place, remark: remark(on: item)))
            } else if put.failure == nil {
                do {
                    put.done.append(try await putAlone(item))
                } catch {
                    put.failure = error
                }
            }
        }
        return put
    }

    private func putAlone(_ item: ImportItem) async throws -> Done {
        if let holder = try await holder(of: item) { return try await update(holder, with: item) }
        guard clientID(of: item) != nil else { return Done(outcome: .missingClientID, place: item.place) }
        guard !isDryRun else {
            let isNew = planned.withLock { $0.insert(Self.identity(of: item).hashValue).inserted }
            return Done(outcome: isNew ? .added : .unchanged, place: item.place, remark: remark(on: item))
        }
        do {
            let id = try await insert(item)
            return Done(outcome: .added, id: id, place: item.place, remark: remark(on: item))
        } catch let error as StoreError where error.kind == .duplicate {
            // Another process has stored it in the meantime.
            guard let holder = try await holder(of: item) else { throw error }
            return try await update(holder, with: item)
        }
    }

    /// How to restore a session, for messages.
    static func restoring(_ id: SessionID) -> String {
        "`session-inspector restore \(id.prefix(8))` restores it"
    }

    func clientID(of item: ImportItem) -> String? {
        item.read.clientID ?? context.configuration.clientID
    }

    func remark(on item: ImportItem) -> String? {
        var remarks = item.read.notes
        if let label = item.details?.label, VisitorSession.label(label) != label {
            remarks.append("control characters in its label were replaced with spaces")
        }
        if let known = context.configuration.clientID, let own = item.read.clientID, own != known {
            remarks.append("issued to client \(own), not \(known); stored under \(own)")
        }
        return Self.joined(remarks)
    }

    /// Joins sentences. `nil` if there are none.
    private static func joined(_ remarks: [String]) -> String? {
        let parts = remarks.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ". ")
    }

    /// What to say if the stored session belongs to another client.
    private func remark(on item: ImportItem, beside session: VisitorSession, _ outcome: Outcome) -> String? {
        guard let own = item.read.clientID, own != session.clientID else { return nil }
        let end = outcome == .updated ? "replaced" : "kept"
        return "client ID \(own) here, \(session.clientID) in the stored session; \(session.clientID) is \(end)"
    }

    /// Identifies the session of an item: a second item with the same identity isn't a new session.
    private static func identity(of item: ImportItem) -> [String?] {
        let tokens = item.read.tokens
        guard let refreshToken = tokens.refreshToken else {
            return [item.details?.id, tokens.accessToken?.value.reveal()]
        }
        return [refreshToken.value.reveal()]
    }

    /// The session that holds or held the item's refresh token, or its access token if it has no refresh token.
    ///
    /// An exported session with only an access token is a session of its own, even if another one has the same token.
    private func holder(of item: ImportItem) async throws -> VisitorSession? {
        let tokens = item.read.tokens
        guard let token = tokens.refreshToken?.value ?? tokens.accessToken?.value else { return nil }
        // Ignores discarded sessions that can no longer be restored.
        let lastRestorable = context.now() - context.manager.policy.gracePeriod
        let holders = try await context.store.sessions(holding: token, since: .distantPast, limit: 10)
            .filter { ($0.discardedAt ?? .distantFuture) > lastRestorable }
        if tokens.refreshToken == nil, let id = item.details?.id.flatMap({ SessionID($0) }) {
            if let own = holders.first(where: { $0.id == id }) { return own }
            // If the item's ID was taken, an earlier import stored the session under a new one.
            return try await context.store.session(id) == nil ? nil : holders.first { $0.refreshExpiry == .absent }
        }
        return holders.preferredHolder
    }

    private func update(
        _ session: VisitorSession, with item: ImportItem
    ) async throws -> Done {
        func done(_ outcome: Outcome, _ remark: String? = nil) -> Done {
            let remarks = [remark, self.remark(on: item, beside: session, outcome)].compactMap(\.self)
            return Done(
                outcome: outcome, id: session.id, place: item.place, remark: Self.joined(item.read.notes + remarks),
                isDiscarded: session.discardedAt != nil)
        }
        guard session.discardedAt == nil else {
            return done(.unchanged, "the session is discarded: \(Self.restoring(session.id))")
        }
        guard let opened = try await context.store.opened(session.id) else {
            throw StoreError.notFound(session.id)
        }
        let (old, new) = (opened.tokens, item.read.tokens)
        func replace() async throws {
            guard !isDryRun else { return }
            _ = try await context.manager.set(new, clientID: item.read.clientID, on: session.id, replacing: old)
        }
        if session.refusedAt != nil, let token = new.refreshToken?.value, token != old.refreshToken?.value,
            TokenReplacement(of: old, by: new).warning == nil
        {
            try await replace()
            return done(.updated, "the issuer had refused the stored refresh token")
        }
        guard old.refreshToken?.value == new.refreshToken?.value || new.refreshToken == nil else {
            return done(.unchanged, "the stored tokens are newer; to replace them, use `set`")
        }
        guard let access = new.accessToken, access.value != old.accessToken?.value,
            (access.expiresAt ?? .distantPast) > (old.accessToken?.expiresAt ?? .distantPast),
            new.refreshToken != nil
        else { return done(.unchanged) }
        guard TokenReplacement(of: old, by: new).warning == nil else {
            return done(.unchanged, "its access token isn't a Wix token, but the stored one is")
        }
        try await replace()
        return done(.updated)
    }

    /// Stores the item as a session, under a new ID if its own is taken.
    private func insert(_ item: ImportItem) async throws -> SessionID {
        var new = try new(item)
        if item.details?.id != nil, try await context.store.session(new.session.id) != nil {
            new = try self.new(item, id: SessionID())
        }
        return try await context.store.insert(new.session, tokens: new.tokens, entry: new.entry).id
    }

    func new(_ item: ImportItem, id: SessionID? = nil) throws -> NewSession {
        let now = context.now()
        let id = id ?? item.details?.id.flatMap { SessionID($0) } ?? SessionID()
        let tokens = item.read.tokens
        let clientID = if let clientID = item.read.clientID { clientID } else { try context.clientID() }
        let session =
            item.details?.session(id, tokens: tokens, clientID: clientID, issuer: context.namedIssuer?.name, at: now)
            ?? VisitorSession(id: id, clientID: clientID, issuer: context.namedIssuer?.name, tokens: tokens, at: now)
        let entry = JournalEntry.Draft(.set, actor: context.name, outcome: "imported")
        return NewSession(session, tokens: tokens, entry: entry)
    }
}

/// Stages the new items of a large import, to be stored all together, and holds back the others.
actor ImportStage {
    /// The maximum number of items held back because they may not be new.
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

    /// Whether so many items are held back that everything has to be stored before more are added.
    var isFull: Bool { rest.count >= Self.restLimit }

    func put(_ items: [ImportItem]) async -> Importer.BatchResult {
        var put = Importer.BatchResult()
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

    /// Stores the added sessions. Returns them, the IDs of those that another process stored in the meantime, and the
    /// items that were held back.
    func finish(
        report: @escaping @Sendable (String) -> Void
    ) async throws -> (added: [StagedSessions], alreadyStored: Set<SessionID>, rest: [ImportItem]) {
        let alreadyStored = try await bulk.finish(report: report)
        return (added, alreadyStored, rest)
    }
}

/// What to report about staged sessions once they are stored. Compact, because there may be millions.
struct StagedSessions: Sendable {
    private var ids: [SessionID] = []
    private var places: [String] = []

    /// Remarks by index. Most sessions have none.
    private var remarks: [Int: String] = [:]

    var count: Int { ids.count }

    mutating func append(_ id: SessionID, _ place: String, _ remark: String?) {
        if let remark { remarks[count] = remark }
        ids.append(id)
        places.append(place)
    }

    /// - Parameter taken: The IDs of sessions that another process stored in the meantime.
    func done(except alreadyStored: Set<SessionID>) -> [Importer.Done] {
        ids.indices.map { index in
            let isStored = alreadyStored.contains(ids[index])
            return Importer.Done(
                outcome: isStored ? .unchanged : .added, id: ids[index], place: places[index],
                remark: isStored ? "another program stored it in the meantime" : remarks[index])
        }
    }
}
