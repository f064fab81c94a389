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

    /// In the greatest unit that needs no fraction.
    public var defaultValueDescription: String {
        let seconds = Int(components.seconds)
        let units = [("d", 86400), ("h", 3600), ("m", 60)]
        return units.first { seconds > 0 && seconds % $0.1 == 0 }.map { "\(seconds / $0.1)\($0.0)" } ?? "\(seconds)s"
    }
}
