package import Foundation
package import VisitorSessions

/// A statement or fragment with its values: interpolated values become parameters, never text.
///
/// Statements of the same shape have the same text, so that a database can cache them compiled.
package struct SQLText: ExpressibleByStringInterpolation, Sendable {
    package enum Value: Sendable {
        case number(Int64?)
        case truth(Bool)
        case text(String?)
        case bytes(Data?)
        case id(SessionID)

        /// Replaces U+0000 with U+FFFD. PostgreSQL rejects U+0000 and SQLite's functions stop at it; text from an
        /// issuer must never keep a renewal from being stored.
        package static func storable(_ text: String?) -> Value {
            guard let text, text.withBytes({ $0.contains(0) }) else { return .text(text) }
            return .text(text.replacing("\0", with: "\u{FFFD}"))
        }

        package static func time(_ date: Date?) -> Value { .number(date.map(Milliseconds.nearest)) }
    }

    /// The text, with `?` for each value. `?` is used for nothing else.
    package private(set) var text: String
    package private(set) var values: [Value]

    /// For a statement with constant text. Interpolation would take longer than executing it.
    package init(_ text: String, _ values: [Value]) {
        self.text = text
        self.values = values
    }

    /// Trusted text without values.
    package init(raw text: String) {
        self.init(text, [])
    }

    package init(stringLiteral text: String) {
        self.init(text, [])
    }

    package init(stringInterpolation interpolation: Interpolation) {
        self = interpolation.sql
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var sql: SQLText = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql.text.reserveCapacity(literalCapacity + 4 * interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) {
            sql.text += literal
        }

        package mutating func appendInterpolation(_ part: SQLText) {
            sql.text += part.text
            sql.values += part.values
        }

        /// Trusted text.
        package mutating func appendInterpolation(raw text: String) {
            sql.text += text
        }

        package mutating func appendInterpolation(_ value: Value) {
            sql.text += "?"
            sql.values.append(value)
        }

        package mutating func appendInterpolation(_ number: Int64?) { appendInterpolation(.number(number)) }
        package mutating func appendInterpolation(_ number: Int) { appendInterpolation(.number(Int64(number))) }
        package mutating func appendInterpolation(_ truth: Bool) { appendInterpolation(.truth(truth)) }
        package mutating func appendInterpolation(_ text: String?) { appendInterpolation(.storable(text)) }
        package mutating func appendInterpolation(_ bytes: Data?) { appendInterpolation(.bytes(bytes)) }
        package mutating func appendInterpolation(_ id: SessionID) { appendInterpolation(.id(id)) }

        /// `(?, ?)`, for `IN`.
        package mutating func appendInterpolation(_ list: [Data]) { append(list.map { .bytes($0) }) }
        package mutating func appendInterpolation(_ list: [String]) { append(list.map(Value.storable)) }
        package mutating func appendInterpolation(_ list: [SessionID]) { append(list.map { .id($0) }) }

        private mutating func append(_ list: [Value]) {
            sql.text += list.isEmpty ? "(NULL)" : "(\(SQLText.placeholders(list.count)))"
            sql.values += list
        }
    }

    /// `?, ?, …`
    package static func placeholders(_ count: Int) -> String {
        repeatElement("?", count: count).joined(separator: ", ")
    }
}

extension [SQLText] {
    package func joined(_ separator: String) -> SQLText {
        SQLText(map(\.text).joined(separator: separator), flatMap(\.values))
    }
}
