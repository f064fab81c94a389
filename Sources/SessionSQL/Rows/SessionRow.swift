package import Foundation
package import VisitorSessions

/// The columns of a session's row that are read: the only list of them. Nothing in them is sealed.
package enum SessionColumn: Int, CaseIterable {
    case id, label, clientID, visitorID, issuer, role, accessExpiry, refreshExpiry, createdAt, tokensAt, renewedAt
    case renewalCount, autoRenew, leaseHolder, leaseDeadline, sentAt, refusedAt, failures, retryAt, discardedAt, version
    case keyID
    /// SQLite's own judgement of a row, and the label that it is sorted by.
    case damage, labelOrder

    /// In SQLite, expiries and times as lists are sorted by them: sortable for a damaged row, too.
    private func name(_ dialect: Dialect) -> String {
        switch self {
        case .id: "id"
        case .label: "label"
        case .clientID: "client_id"
        case .visitorID: "visitor_id"
        case .issuer: "issuer"
        case .role: "role"
        case .accessExpiry: dialect == .sqlite ? "access_order" : "access_expires_at"
        case .refreshExpiry: dialect == .sqlite ? "refresh_order" : "refresh_expires_at"
        case .createdAt: dialect == .sqlite ? "created_order" : "created_at"
        case .tokensAt: "tokens_at"
        case .renewedAt: dialect == .sqlite ? "renewed_order" : "renewed_at"
        case .renewalCount: "renewal_count"
        case .autoRenew: "auto_renew"
        case .leaseHolder: "lease_holder"
        case .leaseDeadline: "lease_deadline"
        case .sentAt: "sent_at"
        case .refusedAt: "refused_at"
        case .failures: "failures"
        case .retryAt: "retry_at"
        case .discardedAt: "discarded_at"
        case .version: "version"
        case .keyID: "key_id"
        case .damage: "damage"
        case .labelOrder: "label_order"
        }
    }

    fileprivate static let sqlite = list(.sqlite, allCases)
    fileprivate static let postgres = list(.postgres, allCases.filter { $0 != .damage && $0 != .labelOrder })

    private static func list(_ dialect: Dialect, _ columns: [SessionColumn]) -> SQLText {
        SQLText(raw: columns.map { "session.\($0.name(dialect))" }.joined(separator: ", "))
    }
}

extension Dialect {
    /// All columns of a session, for a `SELECT` or a `RETURNING`.
    package var sessionColumns: SQLText { self == .sqlite ? SessionColumn.sqlite : SessionColumn.postgres }

    /// The column that lists are sorted by, and that is compared with times.
    package var accessExpiry: SQLText { self == .sqlite ? "access_order" : "access_expires_at" }
    package var refreshExpiry: SQLText { self == .sqlite ? "refresh_order" : "refresh_expires_at" }

    fileprivate var judgesRows: Bool { self == .sqlite }
}

/// Reads sessions from rows of ``Dialect/sessionColumns``.
///
/// SQLite says which rows are damaged, and as much is read of those as possible; PostgreSQL's columns have types and
/// checks. Reading a session never fails.
package struct SessionRow: Sendable {
    private let dialect: Dialect

    /// The keys of this store. A session of another key is listed as damaged, unless it is discarded.
    package let keyIDs: [Data]

    package init(_ dialect: Dialect, keyIDs: [Data]) {
        self.dialect = dialect
        self.keyIDs = keyIDs
    }

    /// `nil` only without an ID.
    package func session(_ row: any SQLRow) -> VisitorSession? {
        guard let id = row.id(SessionColumn.id.rawValue) else { return nil }
        var session = VisitorSession(
            id: id, label: text(row, .label) ?? "", clientID: text(row, .clientID) ?? "", tokens: Tokens(),
            at: time(row, .createdAt) ?? Milliseconds.date(Milliseconds.range.lowerBound))
        session.visitorID = text(row, .visitorID)
        session.issuer = text(row, .issuer)
        let role = text(row, .role).flatMap(TokenRole.init(rawValue:))
        session.role = role ?? .none
        session.accessExpiry = expiry(row, .accessExpiry)
        session.refreshExpiry = expiry(row, .refreshExpiry)
        session.tokensAt = time(row, .tokensAt) ?? session.createdAt
        session.renewedAt = time(row, .renewedAt)
        session.renewalCount = number(row, .renewalCount) ?? 0
        session.autoRenew = row.truth(SessionColumn.autoRenew.rawValue) ?? false
        if let holder = text(row, .leaseHolder), let deadline = time(row, .leaseDeadline) {
            session.lease = SessionLease(holder: holder, deadline: deadline)
        }
        session.sentAt = time(row, .sentAt)
        session.refusedAt = time(row, .refusedAt)
        session.failures = number(row, .failures) ?? 0
        session.retryAt = time(row, .retryAt)
        session.discardedAt = time(row, .discardedAt)
        let version = number(row, .version)
        session.version = version ?? 0
        if dialect.judgesRows, let damage = text(row, .damage) {
            session.damage = damage
            // A damaged row has its place in a list by what the list is sorted by.
            if let order = text(row, .labelOrder), session.label.lowercased() != order { session.label = order }
        } else if role == nil || version == nil {
            session.damage = "its row cannot be read"
        } else if session.discardedAt == nil, !keyIDs.contains(row.bytes(SessionColumn.keyID.rawValue) ?? Data()) {
            session.damage = TokenSeal.sealedElsewhere
        }
        return session
    }

    private func text(_ row: any SQLRow, _ column: SessionColumn) -> String? { row.text(column.rawValue) }

    private func number(_ row: any SQLRow, _ column: SessionColumn) -> Int? {
        row.number(column.rawValue).map(Int.init)
    }

    private func time(_ row: any SQLRow, _ column: SessionColumn) -> Date? { row.date(column.rawValue) }

    private func expiry(_ row: any SQLRow, _ column: SessionColumn) -> TokenExpiry {
        switch row.number(column.rawValue) {
        case Milliseconds.highest: .unknown
        case .some(let number) where Milliseconds.range.contains(number): .at(Milliseconds.date(number))
        default: .absent
        }
    }
}

extension TokenSeal {
    /// Reads the rows that its keys have sealed.
    package func rows(_ dialect: Dialect) -> SessionRow { SessionRow(dialect, keyIDs: keyIDs) }
}

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
