public import ArgumentParser

extension Duration: @retroactive ExpressibleByArgument {
    /// Reads `90`, `90s`, `15m`, `4h` and `365d`; a bare number is seconds.
    public init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        let unit = argument.last.flatMap { units[$0] }
        let digits = unit == nil ? Substring(argument) : argument.dropLast()
        guard let number = Double(digits), number >= 0, number * (unit ?? 1) < 1e10 else { return nil }
        self = .milliseconds(Int64((number * (unit ?? 1) * 1000).rounded()))
    }
}
