/// What is read of a session's row: nothing sealed, and the sorted values as the lists sort them.
enum SessionColumn: Int, CaseIterable {
    case id, label, clientID, visitorID, role, accessExpiry, refreshExpiry, createdAt, tokensAt, renewedAt
    case renewalCount, autoRenew, leaseHolder, leaseDeadline, sentAt, refusedAt, discardedAt, version, keyID, damage
    case labelOrder, issuer, failures, retryAt

    /// Every column, in the order of the cases, for a `SELECT`.
    static let list = allCases.map { "session.\($0.name)" }.joined(separator: ", ")

    var name: String {
        switch self {
        case .id: "id"
        case .label: "label"
        case .clientID: "client_id"
        case .visitorID: "visitor_id"
        case .role: "role"
        case .accessExpiry: "access_order"
        case .refreshExpiry: "refresh_order"
        case .createdAt: "created_order"
        case .tokensAt: "tokens_at"
        case .renewedAt: "renewed_order"
        case .renewalCount: "renewal_count"
        case .autoRenew: "auto_renew"
        case .leaseHolder: "lease_holder"
        case .leaseDeadline: "lease_deadline"
        case .sentAt: "sent_at"
        case .refusedAt: "refused_at"
        case .discardedAt: "discarded_at"
        case .version: "version"
        case .keyID: "key_id"
        case .damage: "damage"
        case .labelOrder: "label_order"
        case .issuer: "issuer"
        case .failures: "failures"
        case .retryAt: "retry_at"
        }
    }
}
