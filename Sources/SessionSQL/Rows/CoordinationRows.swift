package import Foundation
package import VisitorSessions

/// Request budgets of clients.
package enum BudgetRows {
    /// Charges a request to the client's budget. Throws ``StoreError/Kind-swift.enum/overBudget`` if it has to wait.
    ///
    /// - Parameter now: Read before the budget's row was locked, so the budget errs on the strict side.
    package static func spend(
        _ request: BudgetRequest, of clientID: String, at now: Date, _ db: any SQLConnection
    ) throws {
        let budget = db.dialect.budget
        let known = db.dialect.lockedRow(
            of: budget, where: "client_id", is: clientID, else: [("arrival", "\(Milliseconds.lowest)")])
        let arrival = try db.first(known) { $0.number(0) }.flatMap { $0 == Milliseconds.lowest ? nil : $0 }
        switch request.budget.decide(arrival: arrival.map(Milliseconds.date), now: now, tier: request.tier) {
        case .granted(let arrival):
            try db.run(
                """
                INSERT INTO \(budget) (client_id, arrival) VALUES (\(clientID), \(Milliseconds.nearest(arrival)))
                ON CONFLICT (client_id) DO UPDATE SET arrival = excluded.arrival
                """)
        case .notBefore(let date): throw StoreError.overBudget(until: date)
        }
    }

    /// The latest arrival that is still in the future.
    package static func usedUntil(_ clock: StoreClock, _ dialect: Dialect) -> SQLText {
        "SELECT max(arrival) FROM \(dialect.budget) WHERE arrival > \(clock.sql)"
    }

    /// Deletes up to `limit` arrivals in the past, which have no effect. Skips locked rows.
    package static func deletePast(at now: Date, limit: Int, _ db: any SQLConnection) throws {
        try db.run(
            """
            DELETE FROM \(db.dialect.budget) WHERE client_id IN (
                SELECT client_id FROM \(db.dialect.budget) WHERE arrival <= \(Milliseconds.floor(now))
                ORDER BY arrival LIMIT \(limit) \(db.dialect.skippingLocked)
            )
            """)
    }
}

/// A maintenance lock: one process at a time purges, and one rotates keys.
package enum MaintenanceLockRow: String {
    case purge = "purge"
    case keyRotation = "key rotation"

    /// Acquires or renews the lock; returns whether `holder` has it. PostgreSQL keeps its row locked until the
    /// transaction ends.
    package func acquire(for holder: String, _ clock: StoreClock, _ db: any SQLConnection) throws -> Bool {
        let table = db.dialect.table("maintenance_lock")
        let query = db.dialect.lockedRow(
            of: table, where: "name", is: rawValue, else: [("holder", "''"), ("deadline", "\(Milliseconds.lowest)")])
        let known = try db.first(query) { row -> MaintenanceLock? in
            guard let holder = row.text(0), let deadline = row.date(1) else { return nil }
            return MaintenanceLock(holder: holder, deadline: deadline)
        }
        let now = try clock.now(db)
        if let known, known.blocks(holder, at: now) { return false }
        let lock = MaintenanceLock(by: holder, at: now)
        try db.run(
            """
            INSERT INTO \(table) (name, holder, deadline)
            VALUES (\(rawValue), \(holder), \(Milliseconds.nearest(lock.deadline)))
            ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, deadline = excluded.deadline
            """)
        return true
    }

    package func release(_ db: any SQLConnection) throws {
        try db.run("DELETE FROM \(db.dialect.table("maintenance_lock")) WHERE name = \(rawValue)")
    }
}

package enum ClockRows {
    /// Two index lookups, however many machines share the store.
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

    /// `nil` if the row is unreadable; the issuer's next response replaces it.
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
