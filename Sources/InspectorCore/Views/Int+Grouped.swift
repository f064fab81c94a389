extension Int {
    /// With a comma between each three digits, as the names of sessions and all other words here are English.
    var grouped: String {
        let digits = String(magnitude)
        guard digits.count > 3 else { return String(self) }
        let first = (digits.count - 1) % 3 + 1
        var text = (self < 0 ? "-" : "") + digits.prefix(first)
        var rest = digits.dropFirst(first)
        while !rest.isEmpty {
            text += "," + rest.prefix(3)
            rest = rest.dropFirst(3)
        }
        return text
    }
}
