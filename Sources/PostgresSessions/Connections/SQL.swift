import Foundation
import VisitorSessions

/// A statement, or a part of one, with its values beside it: what is interpolated is a parameter, never text.
///
/// Values travel in PostgreSQL's binary format, so that none of them can be quoted in a message about what cannot be
/// read of it.
struct SQL: ExpressibleByStringInterpolation, Sendable {
    /// A value on its way to the server. `bytes` are `nil` for NULL.
    struct Parameter: Sendable {
        let type: UInt32
        let bytes: [UInt8]?
    }

    fileprivate enum Part: Sendable {
        case text(String)
        case parameter(Parameter)
    }

    private var parts: [Part]

    init(stringLiteral text: String) {
        parts = [.text(text)]
    }

    init(stringInterpolation interpolation: Interpolation) {
        parts = interpolation.parts
    }

    /// The statement as the server takes it, with `$1` for the first of its parameters.
    func build() -> (text: String, parameters: [Parameter]) {
        var text = ""
        var parameters: [Parameter] = []
        for part in parts {
            switch part {
            case .text(let piece): text += piece
            case .parameter(let parameter):
                parameters.append(parameter)
                text += "$\(parameters.count)"
            }
        }
        return (text, parameters)
    }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: String) {
            parts.append(.text(literal))
        }

        mutating func appendInterpolation(_ sql: SQL) {
            parts += sql.parts
        }

        /// Text of this program's own.
        mutating func appendInterpolation(raw text: String) {
            parts.append(.text(text))
        }

        mutating func appendInterpolation(_ number: Int64?) {
            append(20, number.map { withUnsafeBytes(of: $0.bigEndian, Array.init) })
        }

        mutating func appendInterpolation(_ number: Int) {
            appendInterpolation(Int64(number))
        }

        mutating func appendInterpolation(_ truth: Bool) {
            append(16, [truth ? 1 : 0])
        }

        mutating func appendInterpolation(_ text: String?) {
            append(25, text.map { Array(ColumnText.encoded($0).utf8) })
        }

        mutating func appendInterpolation(_ bytes: Data?) {
            append(17, bytes.map(Array.init))
        }

        mutating func appendInterpolation(_ id: SessionID) {
            append(2950, id.bytes)
        }

        /// `(…, …)`; for no values a list that holds nothing.
        mutating func appendInterpolation(_ values: [Data]) {
            appendInterpolation(values.isEmpty ? "(NULL)" : "(\(values.map { "\($0)" as SQL }.joined(", ")))" as SQL)
        }

        mutating func appendInterpolation(_ values: [String]) {
            appendInterpolation(values.isEmpty ? "(NULL)" : "(\(values.map { "\($0)" as SQL }.joined(", ")))" as SQL)
        }

        mutating func appendInterpolation(_ values: [SessionID]) {
            appendInterpolation(values.isEmpty ? "(NULL)" : "(\(values.map { "\($0)" as SQL }.joined(", ")))" as SQL)
        }

        /// The type's number in the server's catalogue is the same in every server.
        private mutating func append(_ type: UInt32, _ bytes: [UInt8]?) {
            parts.append(.parameter(Parameter(type: type, bytes: bytes)))
        }
    }
}

extension [SQL] {
    func joined(_ separator: String) -> SQL {
        var joined: SQL = ""
        for (index, part) in enumerated() {
            joined = index == 0 ? part : "\(joined)\(raw: separator)\(part)"
        }
        return joined
    }
}
