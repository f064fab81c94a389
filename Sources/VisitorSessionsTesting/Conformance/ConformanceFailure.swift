/// A store that does not keep the contract: what it did, and where the suite found out.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    public let sentence: String
    public let file: StaticString
    public let line: UInt

    public var description: String { "\(sentence) (\(file):\(line))" }
}

/// Throws where `condition` does not hold.
func require(
    _ condition: Bool, _ sentence: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws {
    guard condition else { throw ConformanceFailure(sentence: sentence(), file: file, line: line) }
}

/// Throws where the two are not equal.
func requireEqual<Value: Equatable>(
    _ found: Value, _ expected: Value, _ sentence: @autoclosure () -> String, file: StaticString = #fileID,
    line: UInt = #line
) throws {
    try require(
        found == expected, "\(sentence()): found \(found), expected \(expected).", file: file, line: line)
}

/// Throws where there is no value.
func unwrap<Value>(
    _ value: Value?, _ sentence: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws -> Value {
    guard let value else { throw ConformanceFailure(sentence: sentence(), file: file, line: line) }
    return value
}
