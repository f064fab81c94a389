import Testing
import VisitorSessions

@testable import PostgresSessions

struct FailureTests {
    @Test("A full disk gives the same error as in every store")
    func fullDisk() throws {
        let address = try PostgresAddress("postgresql://host/database")
        let failure = PostgresFailure(sqlState: "53100", message: "could not extend file", isConnectionLost: false)
        let error = StoreError(postgres: failure, at: address)
        #expect(error.kind == .full)
        #expect(error.message == StoreError.full(address.name).message)
    }
}
