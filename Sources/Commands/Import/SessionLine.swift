import Foundation
import VisitorSessions
import WixHeadless

/// What a line of `export --as session` says about a session besides its tokens.
struct SessionLine: Decodable {
    var id: String?
    var label: String?
    var issuer: String?
    var role: String?
    var state: SessionState?
    var createdAt: Date?
    var renewedAt: Date?
    var discardedAt: Date?
    var renewalCount: Int?
    var autoRenew: Bool?

    /// Returns `nil` if `bytes` are something else. Throws if they are an incomplete session: without its label and
    /// times it would become a different one.
    static func read(_ bytes: Data) throws(UnreadableTokens) -> SessionLine? {
        let decoder = JSONDecoder()
        // The decoder's own strategy doesn't name the field.
        decoder.dateDecodingStrategy = .custom { field in
            guard let date = try? Date(String(from: field), strategy: .iso8601) else {
                throw DecodingError.dataCorrupted(.init(codingPath: field.codingPath, debugDescription: "no time"))
            }
            return date
        }
        do {
            return try decoder.decode(SessionLine.self, from: bytes)
        } catch DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context) {
            guard (try? decoder.decode(Exported.self, from: bytes)) != nil else { return nil }
            let field = context.codingPath.first?.stringValue ?? "content"
            throw UnreadableTokens("This exported session has an unreadable \(field).")
        } catch {
            return nil
        }
    }

    /// What every exported session has and no application's shape has.
    private struct Exported: Decodable {
        struct Anything: Decodable {
            init(from decoder: any Decoder) {}
        }

        let id: Anything
        let tokens: Anything
    }

    /// The exported session with these tokens. `issuer` is the default if the line names none.
    func session(_ id: SessionID, tokens: Tokens, clientID: String, issuer: String?, at now: Date) -> VisitorSession {
        let createdAt = createdAt ?? now
        var session = VisitorSession(
            id: id, label: VisitorSession.label(label ?? ""), clientID: clientID, issuer: self.issuer ?? issuer,
            tokens: tokens, at: createdAt
        )
        session.tokensAt = renewedAt ?? createdAt
        session.renewedAt = renewedAt
        session.renewalCount = max(renewalCount ?? 0, 0)
        session.autoRenew = autoRenew ?? false
        session.discardedAt = discardedAt
        // States aren't stored. Without these, the refused and discarded states would be lost.
        if state == .refused, session.refreshExpiry.isUsable(at: now) { session.refusedAt = now }
        if state == .unresolved { session.sentAt = now }
        return session
    }
}
