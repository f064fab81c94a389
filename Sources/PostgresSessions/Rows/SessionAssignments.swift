import VisitorSessions

/// A session on its way into its row: which column gets which value. Neither its ID nor its version is among them, and
/// nothing of its tokens.
struct SessionAssignments {
    let columns: [(name: String, value: SQL)]

    init(_ session: VisitorSession) {
        columns = [
            ("label", "\(session.label)"),
            ("label_sort", "\(session.label.lowercased())"),
            ("search_text", "\(session.searchText)"),
            ("client_id", "\(session.clientID)"),
            ("visitor_id", "\(session.visitorID)"),
            ("issuer", "\(session.issuer)"),
            ("role", "\(session.role.rawValue)"),
            ("access_expires_at", "\(session.accessExpiry.milliseconds)"),
            ("refresh_expires_at", "\(session.refreshExpiry.milliseconds)"),
            ("created_at", "\(Milliseconds.nearest(session.createdAt))"),
            ("tokens_at", "\(Milliseconds.nearest(session.tokensAt))"),
            ("renewed_at", "\(session.renewedAt.map(Milliseconds.nearest) ?? Milliseconds.lowest)"),
            ("renewal_count", "\(session.renewalCount)"),
            ("auto_renew", "\(session.autoRenew)"),
            ("lease_holder", "\(session.lease?.holder)"),
            ("lease_deadline", "\((session.lease?.deadline).map(Milliseconds.nearest))"),
            ("sent_at", "\(session.sentAt.map(Milliseconds.nearest))"),
            ("refused_at", "\(session.refusedAt.map(Milliseconds.nearest))"),
            ("failures", "\(session.failures)"),
            ("retry_at", "\(session.retryAt.map(Milliseconds.nearest))"),
            ("discarded_at", "\(session.discardedAt.map(Milliseconds.nearest))"),
        ]
    }

    /// `name = value, …`
    var assignments: SQL {
        columns.map { "\(raw: $0.name) = \($0.value)" as SQL }.joined(", ")
    }

    /// `(name, …) VALUES (value, …)`, with `others` first.
    func values(after others: [(name: String, value: SQL)]) -> SQL {
        let all = others + columns
        let names = all.map(\.name).joined(separator: ", ")
        return "(\(raw: names)) VALUES (\(all.map(\.value).joined(", ")))"
    }
}
