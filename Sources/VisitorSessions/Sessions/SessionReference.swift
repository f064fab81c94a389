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
