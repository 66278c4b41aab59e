"""A metric: does a reply end politely?"""
