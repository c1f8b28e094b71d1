"""What each operation of these APIs does, in one sentence for who writes a program against it."""

SUMMARIES = {  # by the id of the operation: its address's name and its method
    "cds_server_metadata_get": "The public metadata, or 301 to where it moved.",
    "cds_coverage_get": "The published entries of coverage, newest first.",
    "cds_coverage_map_get": "The map of an entry of coverage.",
    "cds_coverage_geojson_get": "The outline of an entry of coverage, in WGS 84.",
    "cds_registration_post": (
        "Register a third party: 201 with the object whose tokens open these APIs, and its secret."
    ),
    "cds_clients_get": "The objects of your registration, newest change first.",
    "cds_client_get": "One object of your registration.",
    "cds_client_put": "Replace an object (RFC 7592 2.2): 200, or 202 where some of it waits for staff.",
    "cds_client_metadata_get": "The metadata of one object, with what staff limited or closed for it alone.",
    "cds_client_oauth_metadata_get": "The OAuth metadata of one object: the scopes that it may ask for.",
    "cds_messages_get": "Three lists of messages, each newest change first and paged by itself.",
    "cds_messages_post": (
        "Write to the utility: 201 with the whole message, 413 where its files are too large."
    ),
    "cds_message_get": "One message.",
    "cds_message_patch": "Mark a message as read; other members are ignored.",
    "cds_message_attachment_get": "A file of a message, always as a download.",
    "cds_credentials_get": "The credentials of your objects, newest change first.",
    "cds_credentials_post": "Add a credential to an object: 201 with its secret.",
    "cds_credential_get": "One credential.",
    "cds_credential_patch": "Move the expiry of a credential; other members are ignored.",
    "cds_grants_get": "The grants of your objects, newest change first.",
    "cds_grant_get": "One grant.",
    "cds_grant_patch": "Close a grant, give some of it up, or want more: 202 where staff look at that first.",
    "cds_files_get": "The files of the token's grant, newest change first.",
    "cds_file_get": "One file's description.",
    "cds_file_content_get": "A file's bytes, whole or a range; they break off once the token opens it no more.",
    "cds_sandbox_decisions_post": (
        "Decide a pushed request as a test customer: 201 with the address that the browser would be sent to."
    ),
    "cds_sandbox_grant_patch": (
        "Stop a grant (`status` `revoked`) or narrow it (`scope`, `services`) as the test customer who gave it."
    ),
}
