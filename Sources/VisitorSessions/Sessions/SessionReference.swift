/// How people name a session: by the first digits of its ID, or by its label.
public enum SessionReference {
    /// The hexadecimal digits that `reference` consists of, lower case and without dashes. `nil` where it
    /// cannot be the beginning of an ID.
    public static func digits(_ reference: String) -> String? {
        let digits = reference.lowercased().filter { $0 != "-" }
        guard !digits.isEmpty, digits.count <= 32, digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            return nil
        }
        return digits
    }
}

extension SessionReference {
    /// The one session of those that `reference` found. A label goes before a prefix of a few digits.
    static func choose(
        _ reference: String, among found: [VisitorSession]
    ) throws(SessionError) -> VisitorSession {
        let labelled = found.filter { $0.label == reference }
        // From six digits on people mean IDs: a label of that kind must not hide one.
        let isLikeID = (digits(reference)?.count ?? 0) >= 6
        let candidates = labelled.isEmpty || isLikeID ? found : labelled
        guard let session = candidates.first else {
            throw SessionError(
                .notFound, "No session is called \(Quotation.of(reference)). The list shows what there is.")
        }
        guard candidates.count == 1 else {
            let names = candidates.map { $0.id.prefix(12) }.joined(separator: ", ")
            throw SessionError(
                .ambiguous, "\(Quotation.of(reference)) could be any of \(names). Type more of the ID.")
        }
        return session
    }
}
