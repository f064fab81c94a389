import Foundation
import GRDB
import VisitorSessions

/// A session on its way into its row: which column gets which value. Neither its ID nor its version is among
/// them, and nothing of its tokens.
struct SessionAssignments {
    let columns: [(name: String, value: SQL)]

    init(_ session: VisitorSession) {
        func time(_ date: Date?) -> SQL {
            guard let date else { return "NULL" }
            return "\(Milliseconds.nearest(date))"
        }
        columns = [
            ("label", ColumnText.expression(session.label)),
            ("label_sort", ColumnText.expression(session.label.lowercased())),
            ("search_text", ColumnText.expression(session.searchText)),
            ("client_id", ColumnText.expression(session.clientID)),
            ("visitor_id", ColumnText.expression(session.visitorID)),
            ("role", "\(session.role.rawValue)"),
            ("access_expires_at", "\(session.accessExpiry.milliseconds)"),
            ("refresh_expires_at", "\(session.refreshExpiry.milliseconds)"),
            ("created_at", time(session.createdAt)),
            ("tokens_at", time(session.tokensAt)),
            ("renewed_at", session.renewedAt.map(time) ?? "\(Milliseconds.lowest)"),
            ("renewal_count", "\(session.renewalCount)"),
            ("auto_renew", "\(session.autoRenew)"),
            ("lease_holder", ColumnText.expression(session.lease?.holder)),
            ("lease_deadline", time(session.lease?.deadline)),
            ("sent_at", time(session.sentAt)),
            ("refused_at", time(session.refusedAt)),
            ("discarded_at", time(session.discardedAt)),
            ("issuer", ColumnText.expression(session.issuer)),
            ("failures", "\(session.failures)"),
            ("retry_at", time(session.retryAt)),
        ]
    }

    /// `name = value, …`
    var assignments: SQL {
        columns.map { "\(sql: $0.name) = \($0.value)" as SQL }.joined(separator: ", ")
    }

    /// `(name, …) VALUES (value, …)`, with `others` first.
    func values(after others: [(name: String, value: SQL)]) -> SQL {
        let all = others + columns
        let names = all.map(\.name).joined(separator: ", ")
        return "(\(sql: names)) VALUES (\(all.map(\.value).joined(separator: ", ")))"
    }
}
