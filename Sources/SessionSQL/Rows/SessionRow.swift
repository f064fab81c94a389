package import Foundation
package import VisitorSessions

/// The columns that are read for a session, listed only here. None of them is sealed.
package enum SessionColumn: Int, CaseIterable {
    case id, label, clientID, visitorID, issuer, role, accessExpiry, refreshExpiry, createdAt, tokensAt, renewedAt
    case renewalCount, autoRenew, leaseHolder, leaseDeadline, sentAt, refusedAt, failures, retryAt, discardedAt, version
    case keyID
    /// SQLite only: why a row is damaged, and the label it is sorted by.
    case damage, labelOrder

    /// The column's name. SQLite uses the generated columns, which are sortable even for a damaged row.
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
    /// All columns, for a `SELECT` or `RETURNING`.
    package var sessionColumns: SQLText { self == .sqlite ? SessionColumn.sqlite : SessionColumn.postgres }

    /// The column that lists sort by and that is compared with times.
    package var accessExpiry: SQLText { self == .sqlite ? "access_order" : "access_expires_at" }
    package var refreshExpiry: SQLText { self == .sqlite ? "refresh_order" : "refresh_expires_at" }

    fileprivate var reportsDamage: Bool { self == .sqlite }
}

/// Reads sessions from rows of ``Dialect/sessionColumns``. Never fails.
///
/// SQLite reports damaged rows, which are read as far as possible. PostgreSQL's columns have types and checks.
package struct SessionRow: Sendable {
    private let dialect: Dialect

    /// This store's keys. A session sealed with another key is listed as damaged unless it is discarded.
    package let keyIDs: [Data]

    package init(_ dialect: Dialect, keyIDs: [Data]) {
        self.dialect = dialect
        self.keyIDs = keyIDs
    }

    /// `nil` only if the row has no ID.
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
        if dialect.reportsDamage, let damage = text(row, .damage) {
            session.damage = Self.damageText(damage)
            // A damaged row is sorted by this column, so its label must agree with it.
            if let order = text(row, .labelOrder), session.label.lowercased() != order { session.label = order }
        } else if role == nil || version == nil {
            session.damage = "its row can't be read"
        } else if session.discardedAt == nil, !keyIDs.contains(row.bytes(SessionColumn.keyID.rawValue) ?? Data()) {
            session.damage = TokenSeal.unknownKeyDamage
        }
        return session
    }

    /// The schema's descriptions of damage, which can't change any more, and what is shown instead.
    private static let damageWords = [
        ("one of its times is no time", "one of its times isn't valid"),
        ("one of its counts is no count", "one of its counters isn't a number"),
        ("the name of its key cannot be read", "its key ID can't be read"), ("cannot be read", "can't be read"),
        ("is no text", "isn't text"), ("is no time", "isn't a valid time"),
    ]

    private static func damageText(_ stored: String) -> String {
        damageWords.reduce(stored) { $0.replacing($1.0, with: $1.1) }
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
    package func rows(_ dialect: Dialect) -> SessionRow { SessionRow(dialect, keyIDs: keyIDs) }
}

/// A session's column values for writing, without ID, version, key and tokens.
package struct SessionValues {
    private let session: VisitorSession
    package let searchText: String

    package init(_ session: VisitorSession) {
        self.session = session
        searchText = session.searchText
    }

    /// Columns that a renewal doesn't change.
    private static let words = ["label", "label_sort", "search_text", "client_id", "visitor_id"]

    private var words: [SQLText.Value] {
        [session.label, session.label.lowercased(), searchText, session.clientID, session.visitorID]
            .map(SQLText.Value.storable)
    }

    private static let others = [
        "issuer", "role", "access_expires_at", "refresh_expires_at", "created_at", "tokens_at", "renewed_at",
        "renewal_count", "auto_renew", "lease_holder", "lease_deadline", "sent_at", "refused_at", "failures",
        "retry_at", "discarded_at",
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

    /// The statement for ``insertionValues(keyID:)``.
    package static func insertion(_ dialect: Dialect) -> String {
        "INSERT INTO \(dialect.session.text) (id, version, key_id, \(names)) VALUES (\(placeholders))"
    }

    private static let names = (words + others).joined(separator: ", ")
    private static let placeholders = SQLText.placeholders(3 + words.count + others.count)

    package func insertionValues(keyID: Data) -> [SQLText.Value] {
        [.id(session.id), .number(Int64(session.version + 1)), .bytes(keyID)] + words + others
    }

    private static let update = others.map { "\($0) = ?" }.joined(separator: ", ")
    private static let updateOfAll = (words + others).map { "\($0) = ?" }.joined(separator: ", ")

    /// Assignments (`name = ?, …`) that turn `existing` into this session. Unchanged search columns aren't written,
    /// because their full-text index would be rewritten.
    package func change(of existing: VisitorSession) -> SQLText {
        let keepsWords =
            existing.label == session.label && existing.clientID == session.clientID
            && existing.visitorID == session.visitorID
        return keepsWords ? SQLText(Self.update, others) : SQLText(Self.updateOfAll, words + others)
    }
}
