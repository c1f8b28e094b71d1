"""What third parties find and steer by API: CDS-WG1-01 and CDS-WG1-02."""
