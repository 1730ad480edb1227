"""S3 with keys as they are, for opening one object. Apart from s3.py, as s3fs takes a second."""

from s3fs import S3FileSystem


class ExactKeys(S3FileSystem):  # type: ignore[misc]
    """s3fs without its taking a key that ends with slashes for the folder of that name."""

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return path.partition("://")[2] if path.startswith(("s3://", "s3a://")) else path

    def split_path(self, path: str) -> tuple[str, str, None]:
        """Bucket, key and no version."""
        bucket, _, key = self._strip_protocol(path).partition("/")
        return bucket, key, None
