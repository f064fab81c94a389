package import Foundation
package import VisitorSessions

/// A session on its way into its row: which column gets which value. Its ID, version and key, and its tokens, aren't
/// among them.
package struct SessionValues {
    private let session: VisitorSession

    package init(_ session: VisitorSession) {
        self.session = session
    }

    /// What a session is called, sorted and searched by. A renewal leaves it as it is.
    private static let words = ["label", "label_sort", "search_text", "client_id", "visitor_id"]

    private var words: [SQLText.Value] {
        [session.label, session.label.lowercased(), session.searchText, session.clientID, session.visitorID]
            .map(SQLText.Value.storable)
    }

    private static let others = [
        "issuer", "role", "access_expires_at", "refresh_expires_at", "created_at", "tokens_at", "renewed_at",
        "renewal_count", "auto_renew", "lease_holder", "lease_deadline", "sent_at", "refused_at", "failures",
        "retry_at",
        "discarded_at",
    ]

    private var others: [SQLText.Value] {
        [
            .storable(session.issuer), .text(session.role.rawValue), .number(session.accessExpiry.milliseconds),
            .number(session.refreshExpiry.milliseconds), .time(session.createdAt), .time(session.tokensAt),
            .number(session.renewedAt.map(Milliseconds.nearest) ?? Milliseconds.lowest),
            .number(Int64(session.renewalCount)), .truth(session.autoRenew), .storable(session.lease?.holder),
            .time(session.lease?.deadline), .time(session.sentAt), .time(session.refusedAt),
            .number(Int64(session.failures)), .time(session.retryAt), .time(session.discardedAt),
        ]
    }

    // MARK: Statements

    /// The statement that inserts a session of ``insertionValues(keyID:)``.
    package static func insertion(_ dialect: Dialect) -> String {
        "INSERT INTO \(dialect.session.text) (id, version, key_id, \(names)) VALUES (\(marks))"
    }

    private static let names = (words + others).joined(separator: ", ")
    private static let marks = SQLText.marks(3 + words.count + others.count)

    /// The session with its first version.
    package func insertionValues(keyID: Data) -> [SQLText.Value] {
        [.id(session.id), .number(Int64(session.version + 1)), .bytes(keyID)] + words + others
    }

    private static let update = others.map { "\($0) = ?" }.joined(separator: ", ")
    private static let updateOfAll = (words + others).map { "\($0) = ?" }.joined(separator: ", ")

    /// `name = ?, …`: what makes `existing` this session. Words that are the same aren't written, because an index of all
    /// their parts would be written with them.
    package func change(of existing: VisitorSession) -> SQLText {
        let keepsWords =
            existing.label == session.label && existing.clientID == session.clientID
            && existing.visitorID == session.visitorID
        return keepsWords ? SQLText(Self.update, others) : SQLText(Self.updateOfAll, words + others)
    }
}
