/// The client that the demo and the examples pretend to be.
enum DevelopmentClient {
    static let id = "de000000-0000-4000-8000-000000000001"
}
