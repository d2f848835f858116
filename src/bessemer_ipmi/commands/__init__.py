"""What is asked of a BMC: the data of requests and answers, for both sides."""
