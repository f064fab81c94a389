/// Indexes for what is asked of many sessions and holds for few of them.
enum SchemaVersion2 {
    static let statements = [
        // Among labels that begin alike, the index on their beginnings has none but the short ones in order.
        """
        CREATE INDEX session_by_long_label ON session_inspector.session (left(label_sort, 200), id)
        WHERE length(label_sort) > 200
        """,
        "CREATE INDEX session_by_sending ON session_inspector.session (sent_at) WHERE sent_at IS NOT NULL",
        "CREATE INDEX session_by_refusal ON session_inspector.session (refused_at) WHERE refused_at IS NOT NULL",
    ]
}
