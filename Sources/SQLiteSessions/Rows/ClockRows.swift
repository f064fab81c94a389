import Foundation
import GRDB
import VisitorSessions

/// Readings of issuers' clocks on their way into and out of their table.
enum ClockRows {
    /// Two lookups in indexes, however many machines share the store.
    private static let query = """
        SELECT boot_id, uptime, issuer_time, stored_at FROM (
            SELECT * FROM issuer_clock WHERE issuer = CAST(?1 AS TEXT) AND boot_id = ?2
            UNION ALL
            SELECT * FROM (
                SELECT * FROM issuer_clock WHERE issuer = CAST(?1 AS TEXT) AND boot_id <> ?2
                ORDER BY stored_at DESC LIMIT 1
            )
        ) ORDER BY boot_id = ?2 DESC LIMIT 1
        """

    /// A row that can't be read counts as none: the issuer's next answer replaces it.
    static func reading(
        of issuer: String, bootID: String, at now: Date, _ db: Database
    ) throws -> StoredClockReading? {
        try db.first(query, [ColumnText.bytes(issuer), bootID]) { row in
            guard let bootID = try ColumnText.text(of: row, at: 0), case .int64(let uptime) = value(row, 1),
                case .int64(let issuerTime) = value(row, 2), case .int64(let storedAt) = value(row, 3)
            else { return nil }
            let reading = ClockReading(
                issuerTime: Milliseconds.date(issuerTime),
                uptime: MachineUptime(bootID: bootID, elapsed: .milliseconds(uptime)))
            return StoredClockReading(reading, storedAt: Milliseconds.date(storedAt), readAt: now)
        }
    }

    static func store(_ reading: ClockReading, of issuer: String, at now: Date, _ db: Database) throws {
        let issuer = ColumnText.bytes(issuer)
        try db.run(
            "DELETE FROM issuer_clock WHERE issuer = CAST(? AS TEXT) AND stored_at <= ?",
            [issuer, Milliseconds.reached(at: now - StoredClockReading.age)])
        try db.run(
            "INSERT OR REPLACE INTO issuer_clock VALUES (CAST(? AS TEXT), ?, ?, ?, ?)",
            [
                issuer, reading.uptime.bootID, Int64((reading.uptime.elapsed.inSeconds * 1000).rounded()),
                Milliseconds.nearest(reading.issuerTime), Milliseconds.nearest(now),
            ])
    }

    private static func value(_ row: Row, _ index: Int) -> DatabaseValue.Storage {
        (row[index] as DatabaseValue).storage
    }
}
