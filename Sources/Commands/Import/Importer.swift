import Foundation
import VisitorSessions
import WixHeadless

/// Puts tokens into the store, each refresh token once.
struct Importer {
    enum Outcome: String {
        case added, updated, unchanged
    }

    let workbench: Workbench
    let isDryRun: Bool

    /// What was done, with which session. In a dry run, what would be done: a session that would be new has no ID.
    func put(_ item: ImportItem) async throws -> (outcome: Outcome, id: SessionID?, remark: String?) {
        if let holder = try await holder(of: item.read.tokens) { return try await update(holder, with: item) }
        let known = workbench.configuration.clientID
        let clientID = if let clientID = item.read.clientID { clientID } else { try workbench.clientID() }
        let remark = known.map { $0 == clientID ? nil : "its own client ID is kept, \(clientID)" } ?? nil
        if isDryRun { return (.added, nil, remark) }
        do {
            return (.added, try await insert(item, clientID: clientID), remark)
        } catch let error as StoreError where error.kind == .duplicate {
            // Somebody else has stored it in the meantime.
            guard let holder = try await holder(of: item.read.tokens) else { throw error }
            return try await update(holder, with: item)
        }
    }

    /// The session that has, or had, the refresh token, or the access token where that is all.
    private func holder(of tokens: Tokens) async throws -> VisitorSession? {
        guard let token = tokens.refreshToken?.value ?? tokens.accessToken?.value else { return nil }
        let holders = try await workbench.store.sessions(holding: token, since: .distantPast, limit: 10)
        return holders.first { $0.discardedAt == nil } ?? holders.first
    }

    private func update(
        _ session: VisitorSession, with item: ImportItem
    ) async throws -> (outcome: Outcome, id: SessionID?, remark: String?) {
        guard session.discardedAt == nil else {
            return (.unchanged, session.id, "it is discarded: restore takes it back")
        }
        guard let opened = try await workbench.store.opened(session.id) else {
            throw StoreError.notFound(session.id)
        }
        let (old, new) = (opened.tokens, item.read.tokens)
        guard old.refreshToken?.value == new.refreshToken?.value || new.refreshToken == nil else {
            return (.unchanged, session.id, "it has been given newer tokens since")
        }
        guard let access = new.accessToken, access.value != old.accessToken?.value,
            (access.expiresAt ?? .distantPast) > (old.accessToken?.expiresAt ?? .distantPast),
            new.refreshToken != nil
        else { return (.unchanged, session.id, nil) }
        if !isDryRun {
            _ = try await workbench.manager.set(new, clientID: item.read.clientID, on: session.id, replacing: old)
        }
        return (.updated, session.id, nil)
    }

    /// Who is taken to have given tokens that do not say it: whom the user named, by an option or a profile. A refresh token
    /// is sent nowhere else then. `nil`: nobody was named, and the first renewal shows.
    private var issuer: String? {
        workbench.configuration.issuer.map { _ in workbench.issuer.name }
    }

    private func insert(_ item: ImportItem, clientID: String) async throws -> SessionID {
        let now = workbench.now()
        var id = item.details?.id.flatMap { SessionID($0) } ?? SessionID()
        if item.details?.id != nil, try await workbench.store.session(id) != nil { id = SessionID() }
        let session =
            item.details?.session(id, tokens: item.read.tokens, clientID: clientID, issuer: issuer, at: now)
            ?? VisitorSession(id: id, clientID: clientID, issuer: issuer, tokens: item.read.tokens, at: now)
        let entry = JournalEntry.Draft(.set, actor: workbench.name, outcome: "imported")
        return try await workbench.store.insert(session, tokens: item.read.tokens, entry: entry).id
    }
}
