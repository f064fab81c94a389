import Foundation
import VisitorSessions
import WixHeadless

/// Puts tokens into the store, each refresh token once.
struct Importer {
    enum Outcome: String {
        case added, updated, unchanged

        /// It cannot be stored without a client ID, and none is known.
        case unowned
    }

    /// What was done with which item, and with which session. In a dry run, what would be done: a session that would
    /// be new has no ID.
    struct Done {
        var outcome: Outcome
        var id: SessionID?
        var place: String
        var remark: String?

        /// Whether the session is discarded, and can be restored.
        var isDiscarded = false
    }

    /// What became of items: of all of them, or of those before a failure.
    struct Put {
        var done: [Done] = []
        var failure: (any Error)?
    }

    let workbench: Workbench
    let isDryRun: Bool

    /// Those of `items` that are new are stored together; each of the others is looked at by itself. What was stored before a
    /// failure is in it, too.
    func put(_ items: [ImportItem]) async -> Put {
        var put = Put()
        // One without a client ID may be a session that is known all the same.
        let areNew = items.map { !isDryRun && clientID(of: $0) != nil }
        var insertions: ArraySlice<(SessionID, Insertion)> = []
        do {
            let new = try zip(items, areNew).filter(\.1).map { try self.new($0.0) }
            while insertions.count < new.count {
                let rest = Array(new[insertions.count...])
                let said = try await workbench.store.insert(new: rest)
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
        if let holder = try await holder(of: item.read.tokens) { return try await update(holder, with: item) }
        guard clientID(of: item) != nil else { return Done(outcome: .unowned, place: item.place) }
        guard !isDryRun else {
            return Done(outcome: .added, place: item.place, remark: remark(on: item))
        }
        do {
            let id = try await insert(item)
            return Done(outcome: .added, id: id, place: item.place, remark: remark(on: item))
        } catch let error as StoreError where error.kind == .duplicate {
            // Somebody else has stored it in the meantime.
            guard let holder = try await holder(of: item.read.tokens) else { throw error }
            return try await update(holder, with: item)
        }
    }

    /// How a session is restored, for people.
    static func restoring(_ id: SessionID) -> String {
        "session-inspector restore \(id.prefix(8)) restores it"
    }

    private func clientID(of item: ImportItem) -> String? {
        item.read.clientID ?? workbench.configuration.clientID
    }

    private func remark(on item: ImportItem) -> String? {
        var remarks = item.read.notes
        if let label = item.details?.label, VisitorSession.label(label) != label {
            remarks.append("control characters in its label were replaced with spaces")
        }
        if let known = workbench.configuration.clientID, let own = item.read.clientID, own != known {
            remarks.append("its own client ID \(own) is kept")
        }
        return Self.joined(remarks)
    }

    /// Sentences and remarks as one remark. `nil`: there are none.
    private static func joined(_ remarks: [String]) -> String? {
        let parts = remarks.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    /// What is to be known where a stored session with the same token is another client's.
    private func remark(on item: ImportItem, beside session: VisitorSession, _ outcome: Outcome) -> String? {
        guard let own = item.read.clientID, own != session.clientID else { return nil }
        let end = outcome == .updated ? "which is replaced" : "which is kept"
        return "its client ID is \(own); the stored session has \(session.clientID), \(end)"
    }

    /// The session that has, or had, the refresh token, or the access token where that is all.
    private func holder(of tokens: Tokens) async throws -> VisitorSession? {
        guard let token = tokens.refreshToken?.value ?? tokens.accessToken?.value else { return nil }
        // One that can't be restored any more stands in nobody's way.
        let lastRestorable = workbench.now() - workbench.manager.policy.gracePeriod
        let holders = try await workbench.store.sessions(holding: token, since: .distantPast, limit: 10)
            .filter { ($0.discardedAt ?? .distantFuture) > lastRestorable }
        return holders.first { $0.discardedAt == nil } ?? holders.first
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
        guard let opened = try await workbench.store.opened(session.id) else {
            throw StoreError.notFound(session.id)
        }
        let (old, new) = (opened.tokens, item.read.tokens)
        guard old.refreshToken?.value == new.refreshToken?.value || new.refreshToken == nil else {
            return done(.unchanged, "the stored tokens are newer")
        }
        guard let access = new.accessToken, access.value != old.accessToken?.value,
            (access.expiresAt ?? .distantPast) > (old.accessToken?.expiresAt ?? .distantPast),
            new.refreshToken != nil
        else { return done(.unchanged) }
        guard TokenReplacement(of: old, by: new).warning == nil else {
            return done(.unchanged, "its access token isn't a Wix token, but the stored one is")
        }
        if !isDryRun {
            _ = try await workbench.manager.set(new, clientID: item.read.clientID, on: session.id, replacing: old)
        }
        return done(.updated)
    }

    /// Who is taken to have given tokens that do not say it: whom the user named, by an option or a profile. A refresh token
    /// is sent nowhere else then. `nil`: nobody was named, and the first renewal shows.
    private var issuer: String? {
        workbench.configuration.issuer.map { _ in workbench.issuer.name }
    }

    /// Stores it under an ID of its own, where the one that it came with is taken.
    private func insert(_ item: ImportItem) async throws -> SessionID {
        var new = try new(item)
        if item.details?.id != nil, try await workbench.store.session(new.session.id) != nil {
            new = try self.new(item, id: SessionID())
        }
        return try await workbench.store.insert(new.session, tokens: new.tokens, entry: new.entry).id
    }

    private func new(_ item: ImportItem, id: SessionID? = nil) throws -> NewSession {
        let now = workbench.now()
        let id = id ?? item.details?.id.flatMap { SessionID($0) } ?? SessionID()
        let tokens = item.read.tokens
        let clientID = if let clientID = item.read.clientID { clientID } else { try workbench.clientID() }
        let session =
            item.details?.session(id, tokens: tokens, clientID: clientID, issuer: issuer, at: now)
            ?? VisitorSession(id: id, clientID: clientID, issuer: issuer, tokens: tokens, at: now)
        let entry = JournalEntry.Draft(.set, actor: workbench.name, outcome: "imported")
        return NewSession(session, tokens: tokens, entry: entry)
    }
}

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
