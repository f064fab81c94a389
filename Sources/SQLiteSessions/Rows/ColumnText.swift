import Foundation
import GRDB

/// Text on its way into and out of columns.
///
/// GRDB hands text over as a C string, which ends at the first U+0000. Labels are anybody's text, so text goes
/// in and comes out by its bytes.
enum ColumnText {
    /// An expression for `text`. `NULL` where there is none.
    static func expression(_ text: String?) -> SQL {
        guard let text else { return "NULL" }
        return "CAST(\(bytes(text)) AS TEXT)"
    }

    /// What stands for the question mark in `CAST(? AS TEXT)`. `nil`, which is `NULL`, where there is no text.
    static func bytes(_ text: String?) -> Data? {
        text.map { Data($0.utf8) }
    }

    /// The text in a column. `nil` where it is `NULL`.
    static func text(of row: Row, at index: Int) throws -> String? {
        try row.withUnsafeData(atIndex: index) { bytes in
            bytes.map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
