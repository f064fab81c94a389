import Foundation
package import VisitorSessions

/// Readings of issuers' clocks on their way into and out of their table.
package enum ClockRows {
    /// Two lookups in indexes, however many machines share the store.
    package static func query(of issuer: String, bootID: String, _ clock: StoreClock, _ dialect: Dialect) -> SQLText {
        let table = dialect.table("issuer_clock")
        return """
            SELECT boot_id, uptime, issuer_time, stored_at, \(clock.sql) FROM (
                SELECT * FROM \(table) WHERE issuer = \(issuer) AND boot_id = \(bootID)
                UNION ALL
                SELECT * FROM (
                    SELECT * FROM \(table) WHERE issuer = \(issuer) AND boot_id <> \(bootID)
                    ORDER BY stored_at DESC LIMIT 1) AS newest
            ) AS known ORDER BY boot_id = \(bootID) DESC LIMIT 1
            """
    }

    /// An unreadable row counts as none: the issuer's next answer replaces it.
    package static func reading(_ row: any SQLRow) -> StoredClockReading? {
        guard let bootID = row.text(0), let uptime = row.number(1), let issuerTime = row.date(2),
            let storedAt = row.date(3), let readAt = row.date(4)
        else { return nil }
        let reading = ClockReading(
            issuerTime: issuerTime, uptime: MachineUptime(bootID: bootID, elapsed: .milliseconds(uptime)))
        return StoredClockReading(reading, storedAt: storedAt, readAt: readAt)
    }

    package static func store(
        _ reading: ClockReading, of issuer: String, _ clock: StoreClock, _ db: any SQLConnection
    ) throws {
        let table = db.dialect.table("issuer_clock")
        try db.run(
            """
            INSERT INTO \(table) (issuer, boot_id, uptime, issuer_time, stored_at)
            VALUES (
                \(issuer), \(reading.uptime.bootID), \(Int64((reading.uptime.elapsed.inSeconds * 1000).rounded())),
                \(Milliseconds.nearest(reading.issuerTime)), \(clock.sql))
            ON CONFLICT (issuer, boot_id) DO UPDATE SET uptime = excluded.uptime,
                issuer_time = excluded.issuer_time, stored_at = excluded.stored_at
            """)
        try db.run(
            """
            DELETE FROM \(table) WHERE issuer = \(issuer)
                AND stored_at <= \(clock.sql) - \(Int64(StoredClockReading.age.inSeconds * 1000))
            """)
    }
}
