import Foundation
import GRDB
import VisitorSessions

/// A session on its way into its row: which column gets which value. Neither its ID nor its version is among
/// them, and nothing of its tokens.
struct SessionAssignments {
    private let session: VisitorSession

    init(_ session: VisitorSession) {
        self.session = session
    }

    // MARK: Columns

    private struct Column {
        let name: String
        /// What stands for its value in a statement.
        let mark: String

        init(_ name: String, isText: Bool = false) {
            self.name = name
            mark = isText ? "CAST(? AS TEXT)" : "?"
        }
    }

    /// What a session is called, sorted and searched by: a renewal leaves it as it is.
    private static let words = ["label", "label_sort", "search_text", "client_id", "visitor_id"].map {
        Column($0, isText: true)
    }

    private var words: [Data?] {
        [session.label, session.label.lowercased(), session.searchText, session.clientID, session.visitorID]
            .map(ColumnText.bytes)
    }

    private static let others = [
        Column("role"), Column("access_expires_at"), Column("refresh_expires_at"), Column("created_at"),
        Column("tokens_at"), Column("renewed_at"), Column("renewal_count"), Column("auto_renew"),
        Column("lease_holder", isText: true), Column("lease_deadline"), Column("sent_at"), Column("refused_at"),
        Column("discarded_at"), Column("issuer", isText: true), Column("failures"), Column("retry_at"),
    ]

    private var others: [(any DatabaseValueConvertible)?] {
        func time(_ date: Date?) -> Int64? { date.map(Milliseconds.nearest) }
        return [
            session.role.rawValue, session.accessExpiry.milliseconds, session.refreshExpiry.milliseconds,
            time(session.createdAt), time(session.tokensAt), time(session.renewedAt) ?? Milliseconds.lowest,
            session.renewalCount, session.autoRenew, ColumnText.bytes(session.lease?.holder),
            time(session.lease?.deadline), time(session.sentAt), time(session.refusedAt), time(session.discardedAt),
            ColumnText.bytes(session.issuer), session.failures, time(session.retryAt),
        ]
    }

    // MARK: Statements

    /// The statement that inserts a session of ``insertionValues(keyID:)``.
    static let insertion: String = {
        let columns = [Column("id"), Column("version"), Column("key_id")] + words + others
        let names = columns.map(\.name).joined(separator: ", ")
        return "INSERT INTO session (\(names)) VALUES (\(columns.map(\.mark).joined(separator: ", ")))"
    }()

    /// The session with its first version.
    func insertionValues(keyID: Data) -> StatementArguments {
        let first: [(any DatabaseValueConvertible)?] = [session.id.blob, session.version + 1, keyID]
        return StatementArguments(first + words + others)
    }

    private static let update = others.map { "\($0.name) = \($0.mark)" }.joined(separator: ", ")
    private static let updateOfAll = (words + others).map { "\($0.name) = \($0.mark)" }.joined(separator: ", ")

    /// What makes `existing` this session. Words that are the same are not written, for the index of all their parts
    /// stands behind them.
    func change(of existing: VisitorSession) -> RowChange {
        let keepsWords =
            existing.label == session.label && existing.clientID == session.clientID
            && existing.visitorID == session.visitorID
        return keepsWords ? RowChange(Self.update, others) : RowChange(Self.updateOfAll, words + others)
    }
}
